//! Connections, transactions, statement cache, results, reflection, echo. The only importer of rusqlite.
