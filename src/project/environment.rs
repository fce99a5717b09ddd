//! The environment that an app sees: the real one, then `-e FILE`, `.env`, `.flaskenv`.
//!
//! Owns reading those files. Must not know which variables mean what.

use std::path::Path;

/// Reads the files in order of precedence; what is already set stays.
pub fn load(folder: &Path, env_file: Option<&Path>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let files = env_file.map(Path::to_path_buf).into_iter();
    for file in files.chain([folder.join(".env"), folder.join(".flaskenv")]) {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        for (name, value) in text.lines().filter_map(parse_line) {
            if std::env::var_os(&name).is_none() && !found.iter().any(|(known, _)| *known == name) {
                found.push((name, value));
            }
        }
    }
    found
}

/// Puts what was read into the environment that the app's `os.environ` shows.
pub fn apply(found: Vec<(String, String)>) {
    crate::pylib::stdlib::system::add_variables(found.clone());
    EXTRA.with(|extra| *extra.borrow_mut() = found);
}

/// A variable of the real environment or of the files.
pub fn get(name: &str) -> Option<String> {
    let own = std::env::var(name).ok();
    own.or_else(|| {
        EXTRA.with(|extra| {
            extra.borrow().iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        })
    })
}

thread_local! {
    static EXTRA: std::cell::RefCell<Vec<(String, String)>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// One `NAME=value` line, with `export`, quotes and trailing comments as dotenv files have them.
fn parse_line(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    if line.starts_with('#') {
        return None;
    }
    let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    let name = name.trim();
    if name.is_empty() || name.contains(char::is_whitespace) {
        return None;
    }
    let value = value.trim();
    let quoted = |quote: char| {
        value.strip_prefix(quote).and_then(|rest| rest.split_once(quote)).map(|(inside, _)| inside)
    };
    let value = match quoted('"') {
        Some(inside) => inside.replace("\\n", "\n"),
        None => match quoted('\'') {
            Some(inside) => inside.to_string(),
            None => value.split(" #").next().unwrap_or("").trim_end().to_string(),
        },
    };
    Some((name.to_string(), value))
}

#[cfg(test)]
mod tests {
    use super::parse_line;

    #[test]
    fn dotenv_lines() {
        let pair = |line| parse_line(line).map(|(name, value)| format!("{name}|{value}"));
        assert_eq!(pair("export A = 'b # c'  # d").as_deref(), Some("A|b # c"));
        assert_eq!(pair("A=b # c").as_deref(), Some("A|b"));
        assert_eq!(pair("# A=b"), None);
        assert_eq!(pair("nothing"), None);
    }
}
