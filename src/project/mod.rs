//! Finding an app, its configuration, running its files.
