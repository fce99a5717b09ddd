//! Text to tree; completeness; what is refused; wording. The only importer of ruff_python_parser.
