//! Tracebacks as text.
//!
//! Owns CPython's layout: frames with their lines and carets, chained exceptions, repeated frames.
//! Must not know how exceptions are raised.

use super::Vm;
use super::exceptions::data;
use crate::python::value::{FrameInfo, Host, Raised, Value};

const CAUSE: &str = "\nThe above exception was the direct cause of the following exception:\n\n";
const CONTEXT: &str = "\nDuring handling of the above exception, another exception occurred:\n\n";

/// The whole traceback, as CPython prints it. `source_line` gives the text of a file's line, if it is known.
pub fn render_traceback(
    vm: &mut Vm,
    raised: &mut Raised,
    source_line: &mut dyn FnMut(&str, u32) -> Option<String>,
) -> String {
    let exception = vm.exception_value(raised);
    let mut out = String::new();
    render_exception(vm, &exception, source_line, &mut out, 0);
    out
}

/// The last line of a traceback: class and message.
pub fn last_line(vm: &mut Vm, raised: &mut Raised) -> String {
    let exception = vm.exception_value(raised);
    describe(vm, &exception)
}

fn render_exception(
    vm: &mut Vm,
    exception: &Value,
    source_line: &mut dyn FnMut(&str, u32) -> Option<String>,
    out: &mut String,
    depth: usize,
) {
    let Some(data) = data(exception) else { return };
    let cause = data.cause.borrow().clone();
    let context = data.context.borrow().clone();
    if depth < 50 {
        if let Some(cause) = cause {
            render_exception(vm, &cause, source_line, out, depth + 1);
            out.push_str(CAUSE);
        } else if let Some(context) = context
            && !data.suppress_context.get()
        {
            render_exception(vm, &context, source_line, out, depth + 1);
            out.push_str(CONTEXT);
        }
    }
    let frames = data.traceback.borrow().clone();
    if !frames.is_empty() {
        out.push_str("Traceback (most recent call last):\n");
        render_frames(&frames, source_line, out);
    }
    render_syntax_place(vm, exception, out);
    out.push_str(&describe(vm, exception));
    out.push('\n');
}

/// Frames are kept innermost first.
fn render_frames(
    frames: &[FrameInfo],
    source_line: &mut dyn FnMut(&str, u32) -> Option<String>,
    out: &mut String,
) {
    let mut previous: Option<&FrameInfo> = None;
    let mut repeats = 0;
    for frame in frames.iter().rev() {
        let same = previous.is_some_and(|previous| {
            previous.file == frame.file && previous.line == frame.line && previous.name == frame.name
        });
        repeats = if same { repeats + 1 } else { flush_repeats(repeats, out) };
        previous = Some(frame);
        if repeats >= 3 {
            continue;
        }
        out.push_str(&format!("  File \"{}\", line {}, in {}\n", frame.file, frame.line, frame.name));
        if let Some(line) = source_line(&frame.file, frame.line) {
            render_line(&line, frame.columns, out);
        }
    }
    flush_repeats(repeats, out);
}

fn flush_repeats(repeats: usize, out: &mut String) -> usize {
    if repeats >= 3 {
        let more = repeats - 2;
        let plural = if more == 1 { "" } else { "s" };
        out.push_str(&format!("  [Previous line repeated {more} more time{plural}]\n"));
    }
    0
}

fn render_line(line: &str, columns: Option<(u32, u32)>, out: &mut String) {
    let trimmed = line.trim();
    if trimmed.is_empty() {
        return;
    }
    out.push_str("    ");
    out.push_str(trimmed);
    out.push('\n');
    let Some((start, end)) = columns else { return };
    let indent = line.chars().take_while(|c| c.is_whitespace()).count() as u32;
    let (start, end) = (start.saturating_sub(indent), end.saturating_sub(indent));
    let len = trimmed.chars().count() as u32;
    let end = end.min(len);
    if start >= end {
        return;
    }
    let text: String = trimmed.chars().skip(start as usize).take((end - start) as usize).collect();
    let anchors = crate::python::syntax::anchors(&text);
    // CPython shows no carets under a whole line, unless they tell its parts apart.
    if anchors.is_none() && start == 0 && end == len {
        return;
    }
    out.push_str("    ");
    out.push_str(&" ".repeat(start as usize));
    out.push_str(&carets((end - start) as usize, anchors));
    out.push('\n');
}

/// `~~~~^~~` under a binary operator or a subscript, carets under anything else.
fn carets(width: usize, anchors: Option<(usize, usize)>) -> String {
    match anchors {
        Some((left, right)) if left <= right && right <= width => {
            format!("{}{}{}", "~".repeat(left), "^".repeat(right - left), "~".repeat(width - right))
        }
        _ => "^".repeat(width),
    }
}

fn render_syntax_place(vm: &mut Vm, exception: &Value, out: &mut String) {
    let Value::Instance(instance) = exception else { return };
    let is_syntax = crate::python::value::Class::is_subclass(
        &instance.class(),
        &crate::python::value::exception_class(&crate::diag::builtin::SYNTAX_ERROR),
    );
    if !is_syntax {
        return;
    }
    let get = |vm: &mut Vm, name: &str| {
        vm.find_attr(exception, &crate::python::value::intern(name)).ok().flatten().unwrap_or(Value::None)
    };
    let (Value::Str(file), Value::Int(line)) = (get(vm, "filename"), get(vm, "lineno")) else { return };
    out.push_str(&format!("  File \"{file}\", line {line}\n"));
    let Value::Str(text) = get(vm, "text") else { return };
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return;
    }
    out.push_str(&format!("    {trimmed}\n"));
    if let Value::Int(offset) = get(vm, "offset") {
        let indent = text.chars().take_while(|c| c.is_whitespace()).count() as i64;
        let start = (offset - 1 - indent).max(0) as usize;
        let end = match get(vm, "end_offset") {
            Value::Int(end) if end > offset => (end - 1 - indent).max(0) as usize,
            _ => start + 1,
        };
        out.push_str(&format!("    {}{}\n", " ".repeat(start), "^".repeat(end.saturating_sub(start).max(1))));
    }
}

fn describe(vm: &mut Vm, exception: &Value) -> String {
    let mut text = describe_itself(vm, exception);
    if let Ok(Some(Value::List(notes))) = vm.find_attr(exception, &crate::python::value::intern("__notes__"))
    {
        for note in notes.to_vec() {
            if let Ok(note) = vm.str(&note) {
                text.push('\n');
                text.push_str(&note);
            }
        }
    }
    text
}

fn describe_itself(vm: &mut Vm, exception: &Value) -> String {
    let class = vm.class_of(exception);
    let qualname = class.qualname.borrow().to_string();
    let module = match class.lookup(&crate::python::value::intern("__module__")) {
        Some(Value::Str(module)) => module.to_string(),
        _ => String::new(),
    };
    let name = match module.as_str() {
        "builtins" | "__main__" | "" => qualname,
        module => format!("{module}.{qualname}"),
    };
    let is_syntax = crate::python::value::Class::is_subclass(
        &class,
        &crate::python::value::exception_class(&crate::diag::builtin::SYNTAX_ERROR),
    );
    let text = if is_syntax {
        match vm.find_attr(exception, &crate::python::value::intern("msg")) {
            Ok(Some(Value::Str(text))) => Ok(text),
            _ => vm.str(exception),
        }
    } else {
        vm.str(exception)
    };
    match text {
        Ok(text) if text.is_empty() => name,
        Ok(text) => format!("{name}: {text}"),
        Err(_) => format!("{name}: <exception str() failed>"),
    }
}
