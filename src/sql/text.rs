//! `text("... :name ...")`: finding the parameters in a text.
//!
//! Owns the scan. Must not know the compiler.

use std::rc::Rc;

use super::expr::{Bind, Expr, TextClause};
use super::types;
use crate::python::value::{Str, Value};

pub enum Piece {
    Sql(String),
    Bind(String),
}

/// A text clause with one parameter for each name in it.
pub fn clause(text: Str) -> Rc<TextClause> {
    let mut binds: Vec<(Str, Expr)> = Vec::new();
    for piece in pieces(&text) {
        if let Piece::Bind(name) = piece
            && !binds.iter().any(|(known, _)| **known == *name)
        {
            let name = Str::new(&name);
            let mut bind = Bind::named(name.clone(), Value::None);
            bind.required = true;
            binds.push((name, bind.into_expr(types::null_type())));
        }
    }
    Rc::new(TextClause { text, binds })
}

/// Splits a text at its `:name` parameters. `::`, `\:` and a colon behind a word are no parameters.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut sql = String::new();
    let letters: Vec<char> = text.chars().collect();
    let word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut at = 0;
    while at < letters.len() {
        let letter = letters[at];
        if letter == '\\' && letters.get(at + 1) == Some(&':') {
            sql.push(':');
            at += 2;
            continue;
        }
        if letter == ':' {
            let before = at.checked_sub(1).map(|index| letters[index]);
            let free = before.is_none_or(|before| before != ':' && !word(before) && before != '\\');
            let end = (at + 1..letters.len()).find(|&index| !word(letters[index])).unwrap_or(letters.len());
            let followed = letters.get(end) == Some(&':');
            if free && end > at + 1 && !followed {
                pieces.push(Piece::Sql(std::mem::take(&mut sql)));
                pieces.push(Piece::Bind(letters[at + 1..end].iter().collect()));
                at = end;
                continue;
            }
        }
        sql.push(letter);
        at += 1;
    }
    pieces.push(Piece::Sql(sql));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let name = |piece| if let Piece::Bind(name) = piece { Some(name) } else { None };
        pieces(text).into_iter().filter_map(name).collect()
    }

    #[test]
    fn a_colon_behind_a_word_a_colon_or_a_backslash_is_no_parameter() {
        assert_eq!(names("a = :a AND b = '12:30' AND c::int = :b_2"), ["a", "b_2"]);
        assert_eq!(names("\\:x :y:"), Vec::<String>::new());
    }
}
