//! Compare, operations, SQL files, running them. The only importer of refinery.
