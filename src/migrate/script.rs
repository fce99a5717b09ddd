//! What the text of a migration says that it does to tables.
//!
//! Owns reading statements just so far: which tables they make, rebuild, rename, empty or drop. Must not know files.

use super::spec::same_name;
use crate::engine::reflection::create_table::{Token, TokenKind, tokens, unquote};

/// The words of a script, statement by statement.
pub struct Script {
    statements: Vec<Vec<String>>,
}

/// What a table that is being rebuilt is called until it takes the old one's name.
const NEW: &str = "_new_";

impl Script {
    pub fn read(sql: &str) -> Script {
        let mut statements = vec![Vec::new()];
        let word = |token: &Token| {
            let piece = &sql[token.start..token.end];
            if token.kind == TokenKind::Quoted { unquote(piece) } else { piece.to_string() }
        };
        for token in tokens(sql) {
            if &sql[token.start..token.end] == ";" {
                statements.push(Vec::new());
            } else if let Some(last) = statements.last_mut() {
                last.push(word(&token));
            }
        }
        statements.retain(|words| !words.is_empty());
        Script { statements }
    }

    /// The word that follows these, past IF [NOT] EXISTS.
    fn after<'a>(words: &'a [String], start: &[&str]) -> Option<&'a str> {
        let begins = words.len() > start.len()
            && words.iter().zip(start).all(|(word, wanted)| word.eq_ignore_ascii_case(wanted));
        let rest = words.get(start.len()..).filter(|_| begins)?;
        let is_guard =
            |word: &&String| ["IF", "NOT", "EXISTS"].iter().any(|guard| word.eq_ignore_ascii_case(guard));
        rest.iter().find(|word| !is_guard(word)).map(String::as_str)
    }

    fn named(&self, start: &[&str]) -> impl Iterator<Item = &str> {
        self.statements.iter().filter_map(move |words| Script::after(words, start))
    }

    pub fn creates(&self, table: &str) -> bool {
        self.named(&["CREATE", "TABLE"]).any(|name| same_name(name, table))
    }

    /// Tables that are made, and that may not be there before.
    pub fn created(&self) -> Vec<String> {
        let guarded = |words: &Vec<String>| words.get(2).is_some_and(|word| word.eq_ignore_ascii_case("IF"));
        let plain = self.statements.iter().filter(|words| !guarded(words));
        plain
            .filter_map(|words| Script::after(words, &["CREATE", "TABLE"]))
            .filter(|name| !name.starts_with(NEW))
            .map(str::to_string)
            .collect()
    }

    /// Tables whose rows are copied into a new one of their name.
    pub fn rebuilt(&self) -> Vec<String> {
        self.named(&["INSERT", "INTO"])
            .filter_map(|name| name.strip_prefix(NEW))
            .map(str::to_string)
            .collect()
    }

    /// A table's name at the end.
    fn becomes<'a>(&'a self, table: &'a str) -> &'a str {
        let mut name = table;
        for words in &self.statements {
            if let Some(from) = Script::after(words, &["ALTER", "TABLE"])
                && same_name(from, name)
                && let [.., rename, to, new] = &words[..]
                && rename.eq_ignore_ascii_case("RENAME")
                && to.eq_ignore_ascii_case("TO")
            {
                name = new;
            }
        }
        name
    }

    /// Whether a statement takes rows of the table away in so many words.
    fn takes_from(&self, table: &str) -> bool {
        let is_it = |name: &str| same_name(name.strip_prefix(NEW).unwrap_or(name), table);
        let comes_back = || {
            self.statements.iter().any(|words| {
                matches!(&words[..], [.., rename, to, new] if rename.eq_ignore_ascii_case("RENAME")
                    && to.eq_ignore_ascii_case("TO") && same_name(new, table))
            })
        };
        let narrows = |words: &[String]| {
            ["WHERE", "DISTINCT", "GROUP", "LIMIT", "UNION", "EXCEPT", "INTERSECT", "JOIN"]
                .iter()
                .any(|wanted| words.iter().any(|word| word.eq_ignore_ascii_case(wanted)))
        };
        self.statements.iter().any(|words| {
            let after = |start: &[&str]| Script::after(words, start).is_some_and(is_it);
            after(&["DELETE", "FROM"])
                || after(&["REPLACE", "INTO"])
                || after(&["INSERT", "OR", "REPLACE", "INTO"])
                || after(&["INSERT", "OR", "IGNORE", "INTO"])
                || (after(&["DROP", "TABLE"]) && !comes_back())
                || (after(&["INSERT", "INTO"]) && narrows(words))
        })
    }

    /// Tables that have fewer rows than before, with the number before and after.
    fn fewer<'a>(
        &'a self,
        before: &'a [(String, i64)],
        after: &'a [(String, i64)],
    ) -> impl Iterator<Item = (&'a str, i64, Option<i64>)> {
        before.iter().filter_map(move |(table, count)| {
            let name = self.becomes(table);
            let left = after.iter().find(|(other, _)| same_name(other, name)).map(|(_, left)| *left);
            (left.unwrap_or(0) < *count).then_some((table.as_str(), *count, left))
        })
    }

    /// Those among them of which no statement says so, one line each.
    pub fn lost(&self, before: &[(String, i64)], after: &[(String, i64)]) -> Vec<String> {
        self.fewer(before, after)
            .filter(|(table, ..)| !self.takes_from(table))
            .map(|(table, count, left)| format!("{table}: {count} rows become {}", left.unwrap_or(0)))
            .collect()
    }

    /// The others.
    pub fn taken(&self, before: &[(String, i64)], after: &[(String, i64)]) -> Vec<String> {
        let rows = |count: i64| if count == 1 { "1 row".to_string() } else { format!("{count} rows") };
        self.fewer(before, after)
            .filter(|(table, ..)| self.takes_from(table))
            .map(|(table, count, left)| match left {
                None => format!("{table}: {} gone with the table", rows(count)),
                Some(left) => format!("{table}: {} gone of {count}", rows(count - left)),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Script;

    #[test]
    fn what_a_script_does_to_tables() {
        let script = Script::read(
            "CREATE TABLE _new_pet (id); -- a rebuild\nINSERT INTO _new_pet (id) SELECT id FROM pet;\n\
             DROP TABLE pet; ALTER TABLE _new_pet RENAME TO pet; ALTER TABLE \"old one\" RENAME TO fresh;\n\
             CREATE TABLE IF NOT EXISTS x (a); CREATE TABLE y (a); DELETE FROM z WHERE 1; DROP TABLE IF EXISTS w;",
        );
        assert_eq!(script.created(), ["y"]);
        assert_eq!(script.rebuilt(), ["pet"]);
        let counts = |list: &[(&str, i64)]| -> Vec<(String, i64)> {
            list.iter().map(|(name, count)| (name.to_string(), *count)).collect()
        };
        let before = counts(&[("pet", 3), ("old one", 2), ("z", 5), ("w", 1), ("child", 4)]);
        let after = counts(&[("pet", 2), ("fresh", 2), ("z", 0)]);
        assert_eq!(script.lost(&before, &after), ["pet: 3 rows become 2", "child: 4 rows become 0"]);
    }
}
