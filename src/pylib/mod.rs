//! What import finds; the folder path is the import path.
