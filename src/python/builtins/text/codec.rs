//! Text to bytes and back.
//!
//! Owns the encodings and their error handlers. Must not know `str` and `bytes` as values.

use crate::diag::Extra;
use crate::diag::builtin as exc;
use crate::python::value::{R, Raised};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf8Signed,
    Ascii,
    Latin1,
    Utf16 { big: bool, mark: bool },
    Utf32 { big: bool, mark: bool },
    Windows1252,
}

fn find(name: &str) -> R<Encoding> {
    let plain: String = name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    Ok(match plain.as_str() {
        "utf8" | "u8" | "utf" => Encoding::Utf8,
        "utf8sig" => Encoding::Utf8Signed,
        "ascii" | "usascii" | "646" => Encoding::Ascii,
        "latin1" | "latin" | "iso88591" | "l1" | "88591" => Encoding::Latin1,
        "utf16" | "u16" => Encoding::Utf16 { big: false, mark: true },
        "utf16le" => Encoding::Utf16 { big: false, mark: false },
        "utf16be" => Encoding::Utf16 { big: true, mark: false },
        "utf32" | "u32" => Encoding::Utf32 { big: false, mark: true },
        "utf32le" => Encoding::Utf32 { big: false, mark: false },
        "utf32be" => Encoding::Utf32 { big: true, mark: false },
        "cp1252" | "windows1252" => Encoding::Windows1252,
        _ => return Err(Raised::new(&exc::LOOKUP_ERROR, format!("unknown encoding: {name}"))),
    })
}

/// What Windows-1252 has from 0x80 to 0x9f.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// `text.encode(encoding, handler)`.
pub fn encode(text: &str, encoding: &str, handler: &str) -> R<Vec<u8>> {
    let kind = find(encoding)?;
    let mut bytes = Vec::with_capacity(text.len());
    match kind {
        Encoding::Utf8 => bytes.extend_from_slice(text.as_bytes()),
        Encoding::Utf8Signed => {
            bytes.extend_from_slice("\u{feff}".as_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        Encoding::Utf16 { big, mark } => {
            let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
            units.for_each(|unit: u16| {
                bytes.extend(if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            });
        }
        Encoding::Utf32 { big, mark } => {
            let units = mark.then_some(0xfeff).into_iter().chain(text.chars().map(|c| c as u32));
            units.for_each(|unit: u32| {
                bytes.extend(if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            });
        }
        Encoding::Ascii | Encoding::Latin1 | Encoding::Windows1252 => {
            for (at, c) in text.chars().enumerate() {
                match one_byte(kind, c) {
                    Some(byte) => bytes.push(byte),
                    None => cannot_encode(&mut bytes, text, kind, handler, at, c)?,
                }
            }
        }
    }
    Ok(bytes)
}

fn one_byte(kind: Encoding, c: char) -> Option<u8> {
    let code = c as u32;
    match kind {
        Encoding::Ascii => (code < 0x80).then_some(code as u8),
        Encoding::Windows1252 if (0x80..0xa0).contains(&code) => None,
        Encoding::Windows1252 if code > 0xff => {
            WINDOWS.iter().position(|&known| known == c).map(|at| 0x80 + at as u8)
        }
        _ => (code < 0x100).then_some(code as u8),
    }
}

fn cannot_encode(
    bytes: &mut Vec<u8>,
    text: &str,
    kind: Encoding,
    handler: &str,
    at: usize,
    c: char,
) -> R<()> {
    match handler {
        "strict" => {
            let (name, limit) = match kind {
                Encoding::Ascii => ("ascii", "ordinal not in range(128)"),
                Encoding::Latin1 => ("latin-1", "ordinal not in range(256)"),
                _ => ("charmap", "character maps to <undefined>"),
            };
            let run = text.chars().skip(at).take_while(|&c| one_byte(kind, c).is_none()).count();
            let message = if run > 1 {
                format!("'{name}' codec can't encode characters in position {at}-{}: {limit}", at + run - 1)
            } else {
                let shown = super::escape(c);
                format!("'{name}' codec can't encode character '{shown}' in position {at}: {limit}")
            };
            return Err(crate::diag::Error::new(&exc::UNICODE_ENCODE_ERROR, message)
                .attribute("encoding", Extra::Text(name.into()))
                .attribute("object", Extra::Text(text.to_string()))
                .attribute("start", Extra::Int(at as i64))
                .attribute("end", Extra::Int((at + run) as i64))
                .attribute("reason", Extra::Text(limit.into()))
                .into());
        }
        "ignore" => {}
        "replace" => bytes.push(b'?'),
        "xmlcharrefreplace" => bytes.extend(format!("&#{};", c as u32).bytes()),
        "backslashreplace" => bytes.extend(super::escape(c).bytes()),
        "namereplace" => match unicode_names2::name(c) {
            Some(name) => bytes.extend(format!("\\N{{{name}}}").bytes()),
            None => bytes.extend(super::escape(c).bytes()),
        },
        other => return Err(unknown_handler(other)),
    }
    Ok(())
}

/// `LookupError: unknown error handler name 'x'`
fn unknown_handler(name: &str) -> Raised {
    Raised::new(&exc::LOOKUP_ERROR, format!("unknown error handler name '{name}'"))
}

/// `bytes.decode(encoding, handler)`.
pub fn decode(bytes: &[u8], encoding: &str, handler: &str) -> R<String> {
    match find(encoding)? {
        Encoding::Utf8 => utf8(bytes, handler),
        Encoding::Utf8Signed => utf8(bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes), handler),
        Encoding::Latin1 => Ok(bytes.iter().map(|&byte| byte as char).collect()),
        Encoding::Windows1252 => Ok(bytes
            .iter()
            .map(|&byte| match byte {
                0x80..=0x9f => WINDOWS[byte as usize - 0x80],
                _ => byte as char,
            })
            .collect()),
        Encoding::Ascii => {
            let mut text = String::with_capacity(bytes.len());
            for (at, &byte) in bytes.iter().enumerate() {
                if byte < 0x80 {
                    text.push(byte as char);
                } else {
                    cannot_decode(
                        &mut text,
                        "ascii",
                        handler,
                        &bytes[at..=at],
                        at,
                        "ordinal not in range(128)",
                    )?;
                }
            }
            Ok(text)
        }
        Encoding::Utf16 { big, mark } => {
            let (big, rest) = match bytes {
                [0xff, 0xfe, rest @ ..] if mark => (false, rest),
                [0xfe, 0xff, rest @ ..] if mark => (true, rest),
                _ => (big, bytes),
            };
            let units = rest.chunks(2).map(|unit| match unit {
                [a, b] if big => u16::from_be_bytes([*a, *b]),
                [a, b] => u16::from_le_bytes([*a, *b]),
                _ => 0xfffd,
            });
            Ok(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
        }
        Encoding::Utf32 { big, mark } => {
            let (big, rest) = match bytes {
                [0xff, 0xfe, 0, 0, rest @ ..] if mark => (false, rest),
                [0, 0, 0xfe, 0xff, rest @ ..] if mark => (true, rest),
                _ => (big, bytes),
            };
            let units = rest.chunks(4).map(|unit| match unit {
                [a, b, c, d] if big => u32::from_be_bytes([*a, *b, *c, *d]),
                [a, b, c, d] => u32::from_le_bytes([*a, *b, *c, *d]),
                _ => 0xfffd,
            });
            Ok(units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
        }
    }
}

fn utf8(bytes: &[u8], handler: &str) -> R<String> {
    let mut text = String::with_capacity(bytes.len());
    let mut at = 0;
    loop {
        match std::str::from_utf8(&bytes[at..]) {
            Ok(rest) => {
                text.push_str(rest);
                return Ok(text);
            }
            Err(error) => {
                let good = error.valid_up_to();
                text.push_str(&String::from_utf8_lossy(&bytes[at..at + good]));
                at += good;
                let (len, reason) = match error.error_len() {
                    None => (bytes.len() - at, "unexpected end of data"),
                    Some(len) if matches!(bytes[at], 0x80..=0xc1 | 0xf5..) => (len, "invalid start byte"),
                    Some(len) => (len, "invalid continuation byte"),
                };
                cannot_decode(&mut text, "utf-8", handler, &bytes[at..at + len], at, reason)?;
                at += len;
            }
        }
    }
}

fn cannot_decode(text: &mut String, name: &str, handler: &str, bad: &[u8], at: usize, reason: &str) -> R<()> {
    match handler {
        "strict" => {
            let message = if bad.len() > 1 {
                format!("'{name}' codec can't decode bytes in position {at}-{}: {reason}", at + bad.len() - 1)
            } else {
                format!("'{name}' codec can't decode byte 0x{:02x} in position {at}: {reason}", bad[0])
            };
            return Err(crate::diag::Error::new(&exc::UNICODE_DECODE_ERROR, message)
                .attribute("encoding", Extra::Text(name.into()))
                .attribute("start", Extra::Int(at as i64))
                .attribute("end", Extra::Int((at + bad.len()) as i64))
                .attribute("reason", Extra::Text(reason.into()))
                .into());
        }
        "ignore" => {}
        "replace" | "surrogateescape" => text.push(char::REPLACEMENT_CHARACTER),
        "backslashreplace" => bad.iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}"))),
        other => return Err(unknown_handler(other)),
    }
    Ok(())
}
