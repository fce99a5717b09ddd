//! Tests of the machine as a whole: what a text prints, and that no text makes it panic.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Mode, NoModules, Output, Vm, last_line};
use crate::diag::Source;

struct Kept(Rc<RefCell<String>>);

impl Output for Kept {
    fn out(&mut self, text: &str) {
        self.0.borrow_mut().push_str(text);
    }
    fn err(&mut self, _text: &str) {}
}

/// What a text prints, its error's last line included.
fn play(text: &str, mode: Mode) -> String {
    let said = Rc::new(RefCell::new(String::new()));
    let mut vm = Vm::new(Box::new(NoModules), Box::new(Kept(said.clone())));
    let main = vm.new_main();
    let source = Rc::new(Source::new("test.py", text));
    if let Err(mut raised) = vm.run_source(&source, &main.dict, mode) {
        let line = last_line(&mut vm, &mut raised);
        said.borrow_mut().push_str(&line);
    }
    said.take()
}

#[test]
fn the_console_echoes_nested_expressions() {
    assert_eq!(play("for i in range(2):\n    i\n    None\n", Mode::Single), "0\n1\n");
}

#[test]
fn attributes_keep_the_order_in_which_an_instance_got_them() {
    let text = "class A: pass\na = A(); a.x = 1; a.y = 2\nb = A(); b.y = 1; b.x = 2\nprint(vars(a), vars(b))";
    assert_eq!(play(text, Mode::File), "{'x': 1, 'y': 2} {'y': 1, 'x': 2}\n");
}

#[test]
fn a_finally_body_runs_however_the_try_is_left() {
    let text = "def f():\n    for i in range(3):\n        try:\n            if i == 1: return i\n            continue\n        finally:\n            print('f', i)\nprint(f())";
    assert_eq!(play(text, Mode::File), "f 0\nf 1\n1\n");
}

#[test]
fn a_dropped_generator_is_closed_at_once() {
    let text =
        "def g():\n    try: yield 1\n    finally: print('closed')\nfor x in g(): break\nprint('after')";
    assert_eq!(play(text, Mode::File), "closed\nafter\n");
}

#[test]
fn recursion_ends_at_the_depth_of_cpython() {
    let text = "d = 0\ndef r():\n    global d\n    d += 1\n    r()\ntry: r()\nexcept RecursionError as e: print(d, e)";
    assert_eq!(play(text, Mode::File), "999 maximum recursion depth exceeded\n");
}

#[test]
fn a_handled_exception_is_restored_behind_its_handler() {
    let text = "try:\n    try: 1/0\n    except ZeroDivisionError: raise KeyError('k')\nexcept KeyError as e: print(repr(e.__context__))\ntry: raise\nexcept RuntimeError as e: print(e)";
    let said = "ZeroDivisionError('division by zero')\nNo active exception to reraise\n";
    assert_eq!(play(text, Mode::File), said);
}

#[test]
fn comprehensions_have_variables_of_their_own() {
    let text = "x = 'x'\nclass K:\n    x = 'k'\n    y = [x for _ in range(1)]\nfs = [lambda: i for i in range(2)]\nprint(K.y, [f() for f in fs], [x for x in 'ab'], x)";
    assert_eq!(play(text, Mode::File), "['x'] [1, 1] ['a', 'b'] x\n");
}

const PIECES: &[&str] = &[
    "x",
    "y",
    "self",
    " = ",
    "\n",
    "\n    ",
    "\n        ",
    "def f(x, *a, k=1, **w):",
    "class A(x):",
    "if x:",
    "else:",
    "for x in y:",
    "while x:",
    "try:",
    "except x as y:",
    "finally:",
    "with x as y:",
    "return x",
    "yield x",
    "yield from x",
    "lambda x: ",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    ",",
    ":",
    ".",
    "x for x in ",
    " if ",
    " and ",
    " not ",
    "1",
    "0x",
    "'a'",
    "f'{x!r:>{y}}'",
    "\"",
    "'''",
    "\\",
    "match x:",
    "case [1, *y]:",
    "case {'a': x}:",
    "*",
    "**",
    "@",
    ":=",
    "global x",
    "nonlocal x",
    "del x",
    "import x",
    "from . import y",
    "break",
    "continue",
    "raise",
    "assert x",
    "async ",
    "await ",
    "print(x)",
    "None",
    "é",
    "\t",
    ";",
    "->",
    "+",
    "==",
    "is",
    "in",
    "\u{0}",
    "x[1:2]",
    "x.y",
    "pass",
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_makes_it_panic(picks in proptest::collection::vec(0..PIECES.len(), 0..24)) {
        let text: String = picks.into_iter().map(|pick| PIECES[pick]).collect();
        // An endless loop is no panic: what loops is left out.
        if !text.contains("while") {
            play(&text, Mode::File);
            play(&text, Mode::Single);
        }
        let _ = crate::python::syntax::completeness(&text);
    }
}
