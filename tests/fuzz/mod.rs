//! Random input for the language: literals read back, texts that may be anything, programs from a grammar.
//!
//! Owns the generators. `FUZZ_SECONDS=600 cargo test --test main fuzz -- --ignored --nocapture` runs each kind for that long
//! and says how many inputs it tried; without it a few hundred of each are tried. `FUZZ_SEED` begins elsewhere.
//! What is held: nothing panics, every program stops within a second of being interrupted, and what is printed
//! of a literal reads back as the same.

#![expect(clippy::print_stderr, reason = "says what was tried, to whoever asked for a long run")]

mod programs;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use retort::diag::Source;
use retort::python::compile::CodeKind;
use retort::python::syntax::{completeness, parse};
use retort::python::value::Host;
use retort::python::vm::{Found, Importer, Mode, Output, Vm, last_line};

/// A generator of numbers that is the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
    fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }
    fn chance(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }
}

/// Runs one kind of input: for `FUZZ_SECONDS`, or `usual` times.
fn each(name: &str, usual: usize, mut act: impl FnMut(&mut Dice)) {
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|text| text.parse::<u64>().ok());
    let seed = std::env::var("FUZZ_SEED").ok().and_then(|text| text.parse::<u64>().ok()).unwrap_or(1);
    let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut count = 0;
    while until.map_or(count < usual, |until| Instant::now() < until) {
        act(&mut Dice(seed.wrapping_mul(0xD134_2543_DE82_EF95).wrapping_add(count as u64)));
        count += 1;
    }
    eprintln!("{name}: {count} inputs");
}

/// Fails with the text that made it panic.
fn holds<T>(text: &str, act: impl FnOnce() -> T) -> T {
    match catch_unwind(AssertUnwindSafe(act)) {
        Ok(done) => done,
        Err(_) => panic!("this text panics:\n{text}\n-- as a literal: {text:?}"),
    }
}

struct Library;

impl Importer for Library {
    fn find(&mut self, name: &str, _from: Option<&str>) -> Option<Found> {
        retort::pylib::find(name).map(Found::Native)
    }
}

struct Kept(Rc<RefCell<String>>);

impl Output for Kept {
    fn out(&mut self, text: &str) {
        let mut kept = self.0.borrow_mut();
        if kept.len() < 1 << 20 {
            kept.push_str(text);
        }
    }
    fn err(&mut self, _text: &str) {}
}

struct Machine {
    vm: Vm,
    said: Rc<RefCell<String>>,
}

impl Machine {
    fn new() -> Machine {
        retort::pylib::register();
        let said = Rc::new(RefCell::new(String::new()));
        Machine { vm: Vm::new(Box::new(Library), Box::new(Kept(said.clone()))), said }
    }

    /// What a text prints, with the last line of what it raised.
    fn play(&mut self, text: &str) -> String {
        self.play_each(&[text.to_string()])
    }

    /// As `play`, for texts one after the other in one namespace; each may raise.
    fn play_each(&mut self, texts: &[String]) -> String {
        let main = self.vm.new_main();
        for text in texts {
            let source = Rc::new(Source::new("fuzz.py", text));
            if let Err(mut raised) = self.vm.run_source(&source, &main.dict, Mode::File) {
                let line = last_line(&mut self.vm, &mut raised);
                self.said.borrow_mut().push_str(&line);
            }
        }
        let keys = main.dict.keys();
        for key in keys {
            drop(self.vm.dict_remove(&main.dict, &key));
        }
        self.said.take()
    }
}

// --- literals ---

fn literal(dice: &mut Dice, depth: usize) -> String {
    let kinds = if depth == 0 { 7 } else { 12 };
    match dice.below(kinds) {
        0 => dice.pick(&["None", "True", "False", "...", "0", "-1"]).to_string(),
        1 => (dice.next() as i64 >> dice.below(64)).to_string(),
        2 => {
            let digits: String = (0..1 + dice.below(60)).map(|_| dice.below(10).to_string()).collect();
            let digits = digits.trim_start_matches('0');
            if digits.is_empty() { "0".into() } else { digits.to_string() }
        }
        3 => {
            let number = f64::from_bits(dice.next());
            if number.is_finite() { format!("{number:e}") } else { "1e400".into() }
        }
        4 => format!("{}.{}", dice.below(10_000), dice.below(10_000)),
        5 => quoted(dice),
        6 => {
            let bytes: String = (0..dice.below(12)).map(|_| format!("\\x{:02x}", dice.below(256))).collect();
            format!("b'{bytes}'")
        }
        7 => format!("[{}]", items(dice, depth).join(", ")),
        8 => {
            let items = items(dice, depth);
            if items.len() == 1 { format!("({},)", items[0]) } else { format!("({})", items.join(", ")) }
        }
        9 => {
            let pairs: Vec<String> = (0..dice.below(4))
                .map(|_| format!("{}: {}", hashable(dice, 1), literal(dice, depth - 1)))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
        10 => {
            let items: Vec<String> = (0..1 + dice.below(4)).map(|_| hashable(dice, 1)).collect();
            format!("{{{}}}", items.join(", "))
        }
        _ => format!("{}{}j", dice.below(100), dice.pick(&["", ".5", "e3"])),
    }
}

fn items(dice: &mut Dice, depth: usize) -> Vec<String> {
    (0..dice.below(5)).map(|_| literal(dice, depth - 1)).collect()
}

fn hashable(dice: &mut Dice, depth: usize) -> String {
    let text = literal(dice, 0);
    match depth > 0 && dice.chance(4) {
        true => format!("({}, {})", hashable(dice, depth - 1), text),
        false => text,
    }
}

fn quoted(dice: &mut Dice) -> String {
    let mut text = String::from(dice.pick(&["'", "\""]));
    let quote = text.clone();
    for _ in 0..dice.below(16) {
        match dice.below(8) {
            0 => text
                .push_str(dice.pick(&["\\n", "\\t", "\\\\", "\\'", "\\\"", "\\0", "\\x7f", "\\r", "{", "%"])),
            1 => text.push_str(&format!("\\x{:02x}", dice.below(256))),
            2 => text.push_str(&format!("\\u{:04x}", dice.below(0xd800))),
            3 => {
                let c = char::from_u32(dice.below(0x11_0000) as u32).unwrap_or('x');
                if !matches!(c, '\n' | '\r' | '\\' | '\'' | '"' | '\0') {
                    text.push(c);
                }
            }
            _ => text.push(char::from(b'a' + dice.below(26) as u8)),
        }
    }
    text + &quote
}

#[test]
#[ignore = "random input, by hand or nightly"]
fn what_is_printed_of_a_literal_reads_back() {
    let mut machine = Machine::new();
    each("literals", 600, |dice| {
        let text = literal(dice, 3);
        // A set that is read back may stand in another order, as in CPython.
        let program = format!(
            "a = {text}\nb = eval(repr(a))\nprint(a == b, repr(a) == repr(b) or '{{' in repr(a), type(a) is type(b))"
        );
        let said = holds(&text, || machine.play(&program));
        // Infinity prints as a name.
        assert!(
            said == "True True True\n" || said.contains("name 'inf'") || said.contains("name 'nan'"),
            "{text}: {said}"
        );
    });
}

// --- any text ---

const WORDS: &[&str] = &[
    "if",
    "else",
    "elif",
    "for",
    "while",
    "def",
    "class",
    "return",
    "yield",
    "lambda",
    "try",
    "except",
    "finally",
    "with",
    "as",
    "import",
    "from",
    "in",
    "is",
    "not",
    "and",
    "or",
    "pass",
    "break",
    "continue",
    "del",
    "global",
    "nonlocal",
    "assert",
    "raise",
    "match",
    "case",
    "async",
    "await",
    "None",
    "True",
    "False",
    "_",
    "x",
    "y",
    "self",
    "print",
    "0",
    "1",
    "0x1f",
    "1_000",
    "1e5",
    "0b2",
    "1j",
    "'a'",
    "\"b\"",
    "'",
    "\"",
    "'''",
    "\"\"\"",
    "f'",
    "f'{",
    "}'",
    "{x!r:>{w}}",
    "b'\\x00'",
    "rb'",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ";",
    ".",
    "...",
    "=",
    "==",
    "!=",
    "<",
    ">",
    "<=",
    ">=",
    "->",
    ":=",
    "+",
    "-",
    "*",
    "**",
    "/",
    "//",
    "%",
    "@",
    "&",
    "|",
    "^",
    "~",
    "<<",
    ">>",
    "+=",
    "-=",
    "*=",
    "/=",
    "//=",
    "**=",
    ">>=",
    "@=",
    "\n",
    "\n    ",
    "\n        ",
    "\n\t",
    "\r\n",
    "\\\n",
    " ",
    "  ",
    "#",
    "# c\n",
    "\\",
    "$",
    "?",
    "!",
    "`",
    "é",
    "\u{202e}",
    "\0",
    "\u{feff}",
    "\u{c}",
    "*args",
    "**kwargs",
    "__class__",
    "super",
    "eval",
    "exec",
    "0777",
    "1__0",
    "1.e",
    "\\N{DASH}",
    "'\\N{EM DASH}'",
    "'\\x'",
    "'\\u12'",
    "type",
    "def f(",
];

/// Whole sources to cut pieces from: the recorded sessions and the lessons.
fn sources() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut open = vec![root.join("tests/sessions"), root.join("fixtures"), root.join("src/pylib/prelude")];
    while let Some(folder) = open.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ext| ext == "py" || ext == "pycon")
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                found.push(text);
            }
        }
    }
    found
}

fn near(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn any_text(dice: &mut Dice, sources: &[String]) -> String {
    let mut text = String::new();
    match dice.below(5) {
        0 => {
            for _ in 0..dice.below(40) {
                text.extend(char::from_u32(dice.below(0x11_0000) as u32));
            }
        }
        1 => {
            for _ in 0..dice.below(60) {
                text.push(char::from(dice.below(128) as u8));
            }
        }
        2 => {
            for _ in 0..dice.below(40) {
                text.push_str(dice.pick(WORDS));
                if dice.chance(2) {
                    text.push(' ');
                }
            }
        }
        3 => {
            let depth = dice.below(400);
            let (open, close) = *dice.pick::<(&str, &str)>(&[
                &("(", ")"),
                &("[", "]"),
                &("{1:", "}"),
                &("f(", ")"),
                &("-", ""),
                &("not ", ""),
                &("x.", ""),
                &("lambda: ", ""),
                &("1 if 1 else ", ""),
                &("x[", "]"),
                &("await ", ""),
                &("f'{", "}'"),
                &("a + ", ""),
                &("a < ", ""),
                &("a ** ", ""),
                &("a = ", ""),
            ]);
            text = format!("{}1{}", open.repeat(depth), close.repeat(depth.saturating_sub(dice.below(2))));
        }
        _ => {
            let source = &sources[dice.below(sources.len())];
            let start = near(source, dice.below(source.len()));
            let end = near(source, (start + dice.below(600)).min(source.len()));
            text = source[start..end.max(start)].to_string();
            for _ in 0..dice.below(6) {
                let at = near(&text, dice.below(text.len() + 1));
                match dice.below(3) {
                    0 => text.insert_str(at, dice.pick(WORDS)),
                    1 => text.truncate(at),
                    _ => {
                        let to = near(&text, (at + dice.below(8)).min(text.len()));
                        text.replace_range(at.min(to)..to.max(at), "");
                    }
                }
            }
        }
    }
    text
}

#[test]
#[ignore = "random input, by hand or nightly"]
fn any_text_parses_or_is_refused() {
    let sources = sources();
    let mut machine = Machine::new();
    each("texts", 1500, |dice| {
        let text = any_text(dice, &sources);
        holds(&text, || {
            let _ = completeness(&text);
            let _ = parse(&text).map(drop);
            let source = Rc::new(Source::new("fuzz.py", &text));
            for mode in [Mode::File, Mode::Single, Mode::Eval] {
                let _ = machine.vm.compile(&source, mode, CodeKind::Module);
            }
        });
    });
}

// --- programs ---

/// Interrupts whatever runs for longer than a moment, and fails when that does not stop it.
struct Watch {
    /// When the running program began, in milliseconds since the watch did; 0 while none runs.
    began: Arc<AtomicU64>,
    text: Arc<Mutex<String>>,
    over: Arc<AtomicBool>,
    start: Instant,
}

impl Watch {
    fn new(flag: Arc<AtomicBool>) -> Watch {
        let watch = Watch {
            began: Arc::new(AtomicU64::new(0)),
            text: Arc::new(Mutex::new(String::new())),
            over: Arc::new(AtomicBool::new(false)),
            start: Instant::now(),
        };
        let (began, text, over, start) =
            (watch.began.clone(), watch.text.clone(), watch.over.clone(), watch.start);
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(20));
                let at = began.load(Ordering::Relaxed);
                let now = start.elapsed().as_millis() as u64;
                if at != 0 && now > at + 300 {
                    flag.store(true, Ordering::Relaxed);
                }
                // A busy machine is given some grace beyond the second.
                if at != 0 && now > at + 300 + 20_000 {
                    eprintln!(
                        "this program does not stop:\n{}",
                        text.lock().map(|t| t.clone()).unwrap_or_default()
                    );
                    std::process::exit(101);
                }
            }
        });
        watch
    }

    fn during<T>(&self, text: &str, act: impl FnOnce() -> T) -> (T, Duration) {
        if let Ok(mut kept) = self.text.lock() {
            text.clone_into(&mut kept);
        }
        let before = Instant::now();
        self.began.store(self.start.elapsed().as_millis() as u64 + 1, Ordering::Relaxed);
        let done = act();
        self.began.store(0, Ordering::Relaxed);
        (done, before.elapsed())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

#[test]
#[ignore = "random input, by hand or nightly"]
fn programs_from_a_grammar_run_without_a_panic() {
    let mut machine = Machine::new();
    let flag = machine.vm.interrupt_flag();
    let watch = Watch::new(flag.clone());
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    let mut slow = 0;
    each("programs", 300, |dice| {
        let texts = programs::program(dice);
        let text = texts.join("# ---\n");
        let (said, took) = watch.during(&text, || holds(&text, || machine.play_each(&texts)));
        flag.store(false, Ordering::Relaxed);
        if took > Duration::from_millis(1500) {
            slow += 1;
            eprintln!("stopped only after {took:?}:\n{text}");
        }
        *ends.entry("statements".into()).or_default() += texts.len();
        for line in said.lines() {
            let class = line.split(':').next().unwrap_or("");
            if class.ends_with("Error") || class == "KeyboardInterrupt" {
                *ends.entry(class.into()).or_default() += 1;
            }
        }
    });
    eprintln!("programs ended: {ends:?}, slow to stop: {slow}");
}
