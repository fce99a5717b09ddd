//! `retort TARGET schema`: the schema in the form that was asked for.
//!
//! Owns choosing the form. Must not know how a form looks: `project::schema` describes, `ui::diagram` draws.

use super::args::{Options, SchemaForm};
use super::open;
use crate::diag::Error;
use crate::project::target::Target;

pub fn run(what: &Target, form: SchemaForm, options: &Options) -> Result<u8, Error> {
    let streams = Box::new(super::streams::Streams::new(false));
    let (opened, _) = open::target(what, options, streams)?;
    let _project = match opened {
        Ok(project) => project,
        Err(status) => return Ok(status),
    };
    let _ = form;
    Err(crate::project::errors::no_database())
}
