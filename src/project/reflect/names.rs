//! Names for models and their attributes, made from the names of tables and columns.
//!
//! Owns singular and plural, words into CamelCase and snake_case, and Python's reserved names. Must not know schemas.

use unicode_ident::{is_xid_continue, is_xid_start};

const IRREGULAR: &[(&str, &str)] = &[
    ("people", "person"),
    ("children", "child"),
    ("men", "man"),
    ("women", "woman"),
    ("mice", "mouse"),
    ("geese", "goose"),
    ("feet", "foot"),
    ("teeth", "tooth"),
    ("indices", "index"),
    ("vertices", "vertex"),
    ("criteria", "criterion"),
    ("phenomena", "phenomenon"),
    ("analyses", "analysis"),
    ("bases", "base"),
    ("caches", "cache"),
    ("crises", "crisis"),
    ("diagnoses", "diagnosis"),
    ("halves", "half"),
    ("headaches", "headache"),
    ("hypotheses", "hypothesis"),
    ("knives", "knife"),
    ("leaves", "leaf"),
    ("lives", "life"),
    ("loaves", "loaf"),
    ("matrices", "matrix"),
    ("niches", "niche"),
    ("quizzes", "quiz"),
    ("shelves", "shelf"),
    ("theses", "thesis"),
    ("wives", "wife"),
    ("wolves", "wolf"),
];
/// Words in -us, whose plural reads as if it came from a word in -use.
const IN_US: &[&str] = &[
    "bonus", "bus", "campus", "census", "chorus", "circus", "corpus", "crocus", "focus", "genius", "octopus",
    "status", "virus",
];
/// Words in -ie, whose plural reads as if it came from a word in -y.
const IN_IE: &[&str] =
    &["birdie", "calorie", "cookie", "hoodie", "movie", "pie", "rookie", "selfie", "tie", "zombie"];
/// Words in -o whose plural takes an e.
const IN_O: &[&str] = &["cargo", "echo", "hero", "potato", "tomato", "veto", "volcano"];
const SAME: &[&str] = &["series", "species", "news", "data", "media", "sheep", "fish", "staff", "equipment"];
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// The words of a name, lower case: `OrderItem`, `order_item`, `order item` and `ORDER-ITEM` have the same.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let chars: Vec<char> = name.chars().collect();
    let mut current = String::new();
    for (index, &c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            if !current.is_empty() {
                words.push(std::mem::take(&mut current));
            }
            continue;
        }
        let before = index.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(index + 1);
        let starts = c.is_uppercase()
            && before.is_some_and(|b| {
                b.is_lowercase()
                    || b.is_numeric()
                    || (b.is_uppercase() && after.is_some_and(|a| a.is_lowercase()))
            });
        if starts && !current.is_empty() {
            words.push(std::mem::take(&mut current));
        }
        current.extend(c.to_lowercase());
    }
    if !current.is_empty() {
        words.push(current);
    }
    words
}

/// One of what a plural names.
pub fn singular(word: &str) -> String {
    if let Some((_, one)) = IRREGULAR.iter().find(|(many, _)| *many == word) {
        return (*one).to_string();
    }
    if SAME.contains(&word) || word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") {
        return word.to_string();
    }
    let strip = |ending: &str| word.strip_suffix(ending).filter(|stem| stem.len() > 1);
    if let Some(stem) = word.strip_suffix("s").filter(|stem| IN_IE.contains(stem)) {
        return stem.to_string();
    }
    if let Some(stem) = word.strip_suffix("es").filter(|stem| IN_US.contains(stem) || IN_O.contains(stem)) {
        return stem.to_string();
    }
    if let Some(stem) = strip("ies") {
        return if stem.len() > 2 { format!("{stem}y") } else { format!("{stem}ie") };
    }
    for ending in ["ches", "shes", "sses", "xes", "zzes"] {
        if word.ends_with(ending) && word.len() > ending.len() {
            return word[..word.len() - 2].to_string();
        }
    }
    strip("s").map_or_else(|| word.to_string(), str::to_string)
}

/// Many of what a singular names.
pub fn plural(word: &str) -> String {
    if let Some((many, _)) = IRREGULAR.iter().find(|(_, one)| *one == word) {
        return (*many).to_string();
    }
    if SAME.contains(&word) {
        return word.to_string();
    }
    if IN_O.contains(&word) {
        return format!("{word}es");
    }
    let before_last = word.chars().rev().nth(1);
    if word.ends_with('y') && before_last.is_some_and(|c| !"aeiou".contains(c)) {
        return format!("{}ies", &word[..word.len() - 1]);
    }
    if ["s", "x", "z", "ch", "sh"].iter().any(|ending| word.ends_with(ending)) {
        return format!("{word}es");
    }
    format!("{word}s")
}

/// The class of a table: `order_items` is `OrderItem`.
pub fn class_name(table: &str) -> String {
    let mut words = words(table);
    if let Some(last) = words.last_mut() {
        *last = singular(last);
    }
    let mut name: String = words
        .iter()
        .map(|word| {
            let mut chars = word.chars();
            chars
                .next()
                .map(|first| first.to_uppercase().chain(chars).collect::<String>())
                .unwrap_or_default()
        })
        .collect();
    name.retain(is_xid_continue);
    if !name.starts_with(is_xid_start) {
        name.insert(0, 'T');
    }
    if KEYWORDS.contains(&name.as_str()) { format!("{name}_") } else { name }
}

/// A name as an attribute: its own spelling if that is a Python name, else its words joined.
pub fn attribute(name: &str) -> String {
    let plain = name.chars().all(|c| c == '_' || is_xid_continue(c));
    let mut text: String = if plain { name.to_string() } else { words(name).join("_") };
    text.retain(|c| c == '_' || is_xid_continue(c));
    // Names with two underscores in front are the language's, those with `_sa_` the mapper's.
    if text.starts_with("__") || text.starts_with("_sa_") {
        text = text.trim_start_matches('_').to_string();
    }
    if !text.starts_with(|c| c == '_' || is_xid_start(c)) {
        text.insert(0, '_');
    }
    // What a model has already, and `db`, by which the lines of its class speak.
    let given = ["metadata", "query", "query_class", "registry", "db"];
    if text == "_" || KEYWORDS.contains(&text.as_str()) || given.contains(&text.as_str()) {
        text.push('_');
    }
    text
}

/// snake_case with the last word in the plural.
pub fn plural_snake(class: &str) -> String {
    let mut words = words(class);
    if let Some(last) = words.last_mut() {
        *last = plural(last);
    }
    words.join("_")
}

/// What a foreign key column calls its target: `author_id` is `author`, `ReportsTo` is `reports_to`.
pub fn relation_of(column: &str, target_class: &str) -> String {
    let mut words = words(column);
    if words.len() > 1
        && words.last().is_some_and(|last| ["id", "fk", "key", "pk", "no", "code"].contains(&last.as_str()))
    {
        words.pop();
        return attribute(&words.join("_"));
    }
    let name = words.join("_");
    if name == "id" || name.is_empty() {
        return attribute(&self::words(target_class).join("_"));
    }
    attribute(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tables_and_columns() {
        let classes: Vec<String> = [
            "users",
            "order_items",
            "Categories",
            "addresses",
            "people",
            "status",
            "news",
            "PlaylistTrack",
            "2fa",
            "boxes",
            "excuses",
            "bus_routes",
            "buses",
            "movies",
            "heroes",
            "houses",
            "quizzes",
        ]
        .iter()
        .map(|table| class_name(table))
        .collect();
        assert_eq!(
            classes,
            [
                "User",
                "OrderItem",
                "Category",
                "Address",
                "Person",
                "Status",
                "News",
                "PlaylistTrack",
                "T2fa",
                "Box",
                "Excuse",
                "BusRoute",
                "Bus",
                "Movie",
                "Hero",
                "House",
                "Quiz"
            ]
        );
        assert_eq!(relation_of("author_id", "User"), "author");
        assert_eq!(relation_of("ArtistId", "Artist"), "artist");
        assert_eq!(relation_of("ReportsTo", "Employee"), "reports_to");
        assert_eq!(attribute("class"), "class_");
        assert_eq!(attribute("first name"), "first_name");
        assert_eq!(plural_snake("OrderItem"), "order_items");
        assert_eq!(plural_snake("Category"), "categories");
    }
}
