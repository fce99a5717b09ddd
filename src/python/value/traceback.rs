//! Tracebacks as objects.
//!
//! Owns what `__traceback__` answers: entries with a line and a frame that knows its code's name and file. The
//! variables of frames that have ended are not kept. Must not know how tracebacks are laid out as text.

use super::{FrameInfo, Gc, Getter, Native, NativeType, Slots, Str, Value};

/// Frames, outermost first, from one entry on.
struct Entry {
    frames: std::rc::Rc<[FrameInfo]>,
    at: usize,
}
impl Native for Entry {}

struct Frame(FrameInfo);
impl Native for Frame {}

struct CodeOf(FrameInfo);
impl Native for CodeOf {}

/// The traceback of an exception's frames, which are kept innermost first.
pub fn of_frames(frames: &[FrameInfo]) -> Option<Value> {
    if frames.is_empty() {
        return None;
    }
    let frames: std::rc::Rc<[FrameInfo]> = frames.iter().rev().cloned().collect();
    Some(Value::native(&TRACEBACK, Entry { frames, at: 0 }))
}

fn entry(value: &Value) -> &Entry {
    value.payload::<Entry>().expect("attributes of tracebacks are asked of tracebacks only")
}

fn frame(value: &Value) -> &FrameInfo {
    &value.payload::<Frame>().expect("attributes of frames are asked of frames only").0
}

fn code(value: &Value) -> &FrameInfo {
    &value.payload::<CodeOf>().expect("attributes of a frame's code are asked of such only").0
}

fn line(frame: &FrameInfo) -> Value {
    Value::Int(i64::from(frame.line))
}

pub static TRACEBACK: NativeType = NativeType {
    is_base: false,
    getters: &[
        Getter {
            name: "tb_lineno",
            doc: "",
            get: |_, this| Ok(line(&entry(this).frames[entry(this).at])),
            set: None,
        },
        Getter { name: "tb_lasti", doc: "", get: |_, _| Ok(Value::Int(0)), set: None },
        Getter {
            name: "tb_frame",
            doc: "",
            get: |_, this| {
                let entry = entry(this);
                Ok(Value::native(&FRAME, Frame(entry.frames[entry.at].clone())))
            },
            set: None,
        },
        Getter {
            name: "tb_next",
            doc: "",
            get: |_, this| {
                let entry = entry(this);
                let next = Entry { frames: entry.frames.clone(), at: entry.at + 1 };
                Ok(if next.at < next.frames.len() { Value::native(&TRACEBACK, next) } else { Value::None })
            },
            set: None,
        },
    ],
    ..NativeType::plain("traceback", "builtins")
};

static FRAME: NativeType = NativeType {
    is_base: false,
    getters: &[
        Getter { name: "f_lineno", doc: "", get: |_, this| Ok(line(frame(this))), set: None },
        Getter { name: "f_back", doc: "", get: |_, _| Ok(Value::None), set: None },
        Getter {
            name: "f_code",
            doc: "",
            get: |_, this| Ok(Value::native(&CODE, CodeOf(frame(this).clone()))),
            set: None,
        },
        Getter { name: "f_locals", doc: "", get: |_, _| Ok(empty()), set: None },
        Getter { name: "f_globals", doc: "", get: |_, _| Ok(empty()), set: None },
    ],
    slots: Slots {
        repr: Some(|_, this| {
            let (id, frame) = (this.id(), frame(this));
            let text = format!(
                "<frame at {id:#x}, file '{}', line {}, code {}>",
                frame.file, frame.line, frame.name
            );
            Ok(Str::from(text))
        }),
        ..Slots::NONE
    },
    ..NativeType::plain("frame", "builtins")
};

fn empty() -> Value {
    Value::Dict(Gc::new(super::Dict::new()))
}

static CODE: NativeType = NativeType {
    is_base: false,
    getters: &[
        Getter { name: "co_name", doc: "", get: |_, this| Ok(Value::str(&code(this).name)), set: None },
        Getter { name: "co_qualname", doc: "", get: |_, this| Ok(Value::str(&code(this).name)), set: None },
        Getter { name: "co_filename", doc: "", get: |_, this| Ok(Value::str(&code(this).file)), set: None },
    ],
    ..NativeType::plain("code", "builtins")
};
