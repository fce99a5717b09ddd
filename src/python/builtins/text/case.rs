//! Upper, lower, title and folded text.
//!
//! Owns the mappings of whole strings. Must not know strings as values.

use super::chars::{is_alpha, is_title};

/// Title case of one character, and what follows it in lower case.
fn push_title(text: &mut String, c: char) {
    match c {
        'ǆ' | 'Ǆ' => text.push('ǅ'),
        'ǉ' | 'Ǉ' => text.push('ǈ'),
        'ǌ' | 'Ǌ' => text.push('ǋ'),
        'ǳ' | 'Ǳ' => text.push('ǲ'),
        c if is_title(c) => text.push(c),
        c => {
            let mut upper = c.to_uppercase();
            text.extend(upper.next());
            // A letter that becomes several (ß) is capitalised, not shouted.
            upper.for_each(|rest| text.extend(rest.to_lowercase()));
        }
    }
}

pub fn capitalize(text: &str) -> String {
    let mut capitalized = String::with_capacity(text.len());
    let mut chars = text.chars();
    if let Some(first) = chars.next() {
        push_title(&mut capitalized, first);
        capitalized.push_str(&chars.as_str().to_lowercase());
    }
    capitalized
}

pub fn title(text: &str) -> String {
    let mut titled = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        let cased = is_cased(c);
        if inside {
            titled.extend(c.to_lowercase());
        } else {
            push_title(&mut titled, c);
        }
        inside = cased;
    }
    titled
}

pub fn swap_case(text: &str) -> String {
    let mut swapped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_uppercase() {
            swapped.extend(c.to_lowercase());
        } else if c.is_lowercase() {
            swapped.extend(c.to_uppercase());
        } else {
            swapped.push(c);
        }
    }
    swapped
}

pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'ı' => folded.push(c),
            c => c.to_uppercase().for_each(|upper| folded.extend(upper.to_lowercase())),
        }
    }
    folded
}

fn is_cased(c: char) -> bool {
    c.is_uppercase() || c.is_lowercase() || is_title(c)
}

pub fn is_lower(text: &str) -> bool {
    text.chars().any(char::is_lowercase) && !text.chars().any(|c| c.is_uppercase() || is_title(c))
}

pub fn is_upper(text: &str) -> bool {
    text.chars().any(char::is_uppercase) && !text.chars().any(|c| c.is_lowercase() || is_title(c))
}

pub fn is_titled(text: &str) -> bool {
    let (mut inside, mut found) = (false, false);
    for c in text.chars() {
        if c.is_uppercase() || is_title(c) {
            if inside {
                return false;
            }
            (inside, found) = (true, true);
        } else if c.is_lowercase() {
            if !inside {
                return false;
            }
        } else {
            inside = false;
        }
    }
    found
}

pub fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    let starts = chars.next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c));
    starts && chars.all(unicode_ident::is_xid_continue)
}

pub fn is_alphabetic(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_alpha)
}
