//! Database URLs.
//!
//! Owns parsing and spelling them as SQLAlchemy's `make_url` does. Must not know drivers or files.

use crate::diag::Error;
use crate::diag::builtin::MODULE_NOT_FOUND_ERROR;
use crate::sql::exc;

/// `dialect+driver://user:password@host:port/database?key=value`
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Url {
    pub drivername: String,
    pub username: Option<String>,
    pub password: Option<String>,
    pub host: Option<String>,
    pub port: Option<u16>,
    pub database: Option<String>,
    /// In the order given; a key may come twice.
    pub query: Vec<(String, String)>,
}

impl Url {
    /// A file, or memory for None.
    pub fn sqlite(database: Option<&str>) -> Url {
        Url { drivername: "sqlite".into(), database: database.map(str::to_string), ..Url::default() }
    }

    pub fn parse(text: &str) -> Result<Url, Error> {
        let (drivername, rest) = text.split_once("://").ok_or_else(unparsable)?;
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '+');
        if drivername.is_empty() || !drivername.chars().all(word) {
            return Err(unparsable());
        }
        let mut url = Url { drivername: drivername.to_string(), ..Url::default() };
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        let (place, database) = match rest.split_once('/') {
            Some((place, database)) => (place, Some(database)),
            None => (rest, None),
        };
        url.database = database.filter(|name| !name.is_empty()).map(str::to_string);
        let place = match place.rsplit_once('@') {
            Some((who, place)) => {
                let (user, password) = match who.split_once(':') {
                    Some((user, password)) => (user, Some(password)),
                    None => (who, None),
                };
                url.username = Some(unquote(user, false));
                url.password = password.map(|password| unquote(password, false));
                place
            }
            None => place,
        };
        let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, rest)) => (host, rest.strip_prefix(':')),
            None => match place.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            },
        };
        url.host = (!host.is_empty()).then(|| host.to_string());
        url.port = match port.filter(|port| !port.is_empty()) {
            Some(port) => Some(port.parse().map_err(|_| unparsable())?),
            None => None,
        };
        for pair in query.unwrap_or("").split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !value.is_empty() {
                url.query.push((unquote(key, true), unquote(value, true)));
            }
        }
        Ok(url)
    }

    /// The URL as text; the password may be shown as three stars.
    pub fn render(&self, hide_password: bool) -> String {
        let mut text = format!("{}://", self.drivername);
        if let Some(user) = &self.username {
            text.push_str(&quote(user));
            if let Some(password) = &self.password {
                text.push(':');
                text.push_str(&if hide_password { "***".to_string() } else { quote(password) });
            }
            text.push('@');
        }
        if let Some(host) = &self.host {
            text.push_str(&if host.contains(':') { format!("[{host}]") } else { host.clone() });
        }
        if let Some(port) = self.port {
            text.push_str(&format!(":{port}"));
        }
        if let Some(database) = &self.database {
            text.push('/');
            text.push_str(database);
        }
        let mut keys: Vec<&(String, String)> = self.query.iter().collect();
        keys.sort_by(|left, right| left.0.cmp(&right.0));
        for (index, (key, value)) in keys.into_iter().enumerate() {
            text.push(if index == 0 { '?' } else { '&' });
            text.push_str(&format!("{}={}", quote_plus(key), quote_plus(value)));
        }
        text
    }

    /// `sqlite` of `sqlite+pysqlite`.
    pub fn backend_name(&self) -> &str {
        self.drivername.split('+').next().unwrap_or(&self.drivername)
    }

    pub fn is_sqlite(&self) -> bool {
        self.backend_name() == "sqlite"
    }

    pub fn query_value(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Whether an SQLite URL names a file.
    pub fn is_file(&self) -> bool {
        self.database.as_deref().is_some_and(|name| name != ":memory:" && name != "file::memory:")
            && self.query_value("mode") != Some("memory")
    }
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render(false))
    }
}

/// `ArgumentError: Could not parse SQLAlchemy URL from given URL string`
fn unparsable() -> Error {
    Error::new(&exc::ARGUMENT_ERROR, "Could not parse SQLAlchemy URL from given URL string")
}

/// What the real thing says of a database whose driver is not installed; None for SQLite.
///
/// `ModuleNotFoundError: No module named 'psycopg'`, `NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:x`
pub fn other_database(url: &Url) -> Option<Error> {
    let backend = url.backend_name();
    let driver = url.drivername.split_once('+').map(|(_, driver)| driver);
    let module = match (backend, driver) {
        ("sqlite", None | Some("pysqlite")) => return None,
        ("sqlite" | "postgresql" | "mysql" | "mariadb" | "oracle" | "mssql", Some(driver)) => match driver {
            "mysqldb" => "MySQLdb",
            "mysqlconnector" => "mysql",
            "cx_oracle" => "cx_Oracle",
            "pysqlcipher" => "sqlcipher3",
            other => other,
        },
        ("postgresql", None) => "psycopg",
        ("mysql" | "mariadb", None) => "MySQLdb",
        ("oracle", None) => "oracledb",
        ("mssql", None) => "pyodbc",
        _ => {
            let plugin = url.drivername.replace('+', ".");
            let text = format!("Can't load plugin: sqlalchemy.dialects:{plugin}");
            return Some(Error::new(&exc::NO_SUCH_MODULE, text));
        }
    };
    let error = Error::new(&MODULE_NOT_FOUND_ERROR, format!("No module named '{module}'"));
    Some(error.hint("Retort speaks SQLite; `--db sqlite:///FILE` chooses a database for the app."))
}

/// `ArgumentError: Invalid SQLite URL: ...`
pub fn invalid_sqlite(url: &Url) -> Error {
    Error::new(
        &exc::ARGUMENT_ERROR,
        format!(
            "Invalid SQLite URL: {url}\nValid SQLite URL forms are:\n sqlite:///:memory: (or, sqlite://)\n \
             sqlite:///relative/path/to/file.db\n sqlite:////absolute/path/to/file.db"
        ),
    )
}

pub(super) fn unquote(text: &str, plus: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let source = text.as_bytes();
    let mut at = 0;
    while at < source.len() {
        let hex = (source[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                at += 3;
            }
            None => {
                bytes.push(if plus && source[at] == b'+' { b' ' } else { source[at] });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn escape(text: &str, plain: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '~') || plain(c) {
            out.push(c);
        } else {
            let mut buffer = [0; 4];
            c.encode_utf8(&mut buffer).bytes().for_each(|byte| out.push_str(&format!("%{byte:02X}")));
        }
    }
    out
}

/// User names and passwords: a blank and a plus stay as they are.
fn quote(text: &str) -> String {
    escape(text, |c| matches!(c, ' ' | '+'))
}

fn quote_plus(text: &str) -> String {
    escape(text, |c| c == ' ').replace(' ', "+")
}

#[cfg(test)]
mod tests {
    use super::Url;

    #[test]
    fn a_url_is_taken_apart_and_put_together() {
        for text in [
            "sqlite://",
            "sqlite:///x.db",
            "sqlite:////tmp/x.db",
            "sqlite:///file:x.db?mode=ro&uri=true",
            "postgresql+psycopg2://scott:tiger@localhost:5432/test",
        ] {
            assert_eq!(Url::parse(text).map(|url| url.render(false)).ok().as_deref(), Some(text));
        }
        let url = Url::parse("postgresql://u:p%40x@h/d").expect("a good URL");
        assert_eq!(url.password.as_deref(), Some("p@x"));
        assert_eq!(url.render(true), "postgresql://u:***@h/d");
        assert!(Url::parse("x.db").is_err());
    }
}
