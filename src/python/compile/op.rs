//! The instructions.
//!
//! Owns the instruction set and what each instruction does to the height of the stack.
//! Must not know how instructions are carried out.
//!
//! In stack pictures the top stands right. A call's layout is `callable, receiver-or-Unset, arguments...`.

use crate::python::value::{BinaryOp, CompareOp, UnaryOp};

#[derive(Clone, Copy, Debug)]
pub enum Op {
    Nop,
    /// The first instruction of a function whose body was not compiled yet.
    Realize,
    LoadConst(u32),
    LoadLocal(u32),
    StoreLocal(u32),
    DeleteLocal(u32),
    /// Forgets a local without minding whether it was bound.
    ClearLocal(u32),
    LoadLocals2 {
        first: u16,
        second: u16,
    },
    LoadLocalConst {
        local: u16,
        constant: u32,
    },
    LoadCell(u32),
    StoreCell(u32),
    DeleteCell(u32),
    /// The cell itself, for a closure.
    LoadCellObject(u32),
    /// Wraps a slot's value into a fresh cell.
    MakeCell(u32),
    /// Copies the function's closure into slots from this number on.
    CopyFree(u32),
    /// In a class body: the namespace first, then the cell.
    LoadClassCell {
        cell: u16,
        name: u32,
    },
    LoadName(u32),
    StoreName(u32),
    DeleteName(u32),
    LoadGlobal(u32),
    StoreGlobal(u32),
    DeleteGlobal(u32),
    PushUnset,
    Pop,
    Dup,
    Dup2,
    /// `a b` to `b a`.
    Rot2,
    /// `a b c` to `c a b`.
    Rot3,
    Binary(BinaryOp),
    InPlace(BinaryOp),
    Add,
    Sub,
    Mul,
    /// The right side is a small integer.
    AddInt(i32),
    SubInt(i32),
    ModInt(i32),
    Unary(UnaryOp),
    Not,
    Compare(CompareOp),
    Is,
    IsNot,
    In,
    NotIn,
    Jump(u32),
    /// A jump to an earlier instruction: looks whether something asks for attention.
    JumpBack(u32),
    JumpIfFalse(u32),
    JumpIfTrue(u32),
    JumpIfFalseOrPop(u32),
    JumpIfTrueOrPop(u32),
    /// Compares and jumps if the answer is false.
    CompareJump {
        op: CompareOp,
        target: u32,
    },
    GetIter,
    /// `iterator` to `iterator, item`; at the end pops the iterator and jumps.
    ForIter(u32),
    BuildTuple(u32),
    BuildList(u32),
    BuildSet(u32),
    BuildMap(u32),
    BuildString(u32),
    BuildSlice(u32),
    /// The collection stands this deep below the item.
    ListAppend(u32),
    SetAdd(u32),
    /// `key, value` on top.
    MapAdd(u32),
    ListExtend,
    SetUpdate,
    DictUpdate,
    /// As `DictUpdate` for `**keywords` of a call: complains about repeated and non-text keys.
    DictMerge,
    ListToTuple,
    Format {
        conversion: u8,
        has_spec: bool,
    },
    LoadAttr(u32),
    StoreAttr(u32),
    DeleteAttr(u32),
    /// `object` to `callable, receiver-or-Unset`.
    LoadMethod(u32),
    LoadItem,
    StoreItem,
    DeleteItem,
    Call(u32),
    /// The last values are keyword arguments named by a constant tuple.
    CallKw {
        count: u16,
        names: u32,
    },
    /// `callable, Unset, tuple` or with a dictionary on top.
    CallEx {
        has_keywords: bool,
    },
    MakeFunction {
        code: u32,
        flags: u8,
    },
    LoadBuildClass,
    Return,
    /// The end of a unit that returns None.
    ReturnNone,
    /// Hands a fresh generator to the caller; the frame goes on when it is first resumed.
    MakeGenerator,
    Yield,
    GetYieldIter,
    /// `iterator, sent` : yields until the iterator ends, then leaves its value.
    Send(u32),
    Raise(u8),
    /// `handled-before, exception`: raises the exception again as it is.
    Reraise,
    PopExcept,
    /// `exception, class` to `exception`; jumps unless it matches.
    JumpIfNoMatch(u32),
    /// `manager` to `exit, entered`.
    BeforeWith,
    WithExit,
    /// `exit, handled-before, exception` gets the exit's answer on top.
    WithExceptStart,
    ImportName(u32),
    ImportFrom(u32),
    ImportStar,
    UnpackSequence(u32),
    UnpackEx {
        before: u16,
        after: u16,
    },
    PrintExpr,
    SetupAnnotations,
    LoadAssertionError,
    MatchSequence,
    MatchMapping,
    /// `subject, keys` to a tuple of values or None.
    MatchKeys,
    /// `subject, class, names` to a tuple of attributes or None; the count is of positional patterns.
    MatchClass(u32),
    GetLen,
    /// `dict, keys` to a copy without the keys.
    DictWithout,
    LoadLocalAttr {
        local: u16,
        cache: u32,
    },
}

impl Op {
    /// What the instruction adds to the height of the stack when it falls through.
    pub fn effect(&self) -> i32 {
        use Op::*;
        match *self {
            Nop | Realize | DeleteLocal(_) | ClearLocal(_) | DeleteCell(_) | MakeCell(_) | CopyFree(_)
            | DeleteName(_) | DeleteGlobal(_) | Rot2 | Rot3 | AddInt(_) | SubInt(_) | ModInt(_)
            | Unary(_) | Not | Jump(_) | JumpBack(_) | GetIter | ListToTuple | LoadAttr(_) | ReturnNone
            | MakeGenerator | Yield | GetYieldIter | Send(_) | SetupAnnotations => 0,
            LoadConst(_)
            | LoadLocal(_)
            | LoadCell(_)
            | LoadCellObject(_)
            | LoadClassCell { .. }
            | LoadName(_)
            | LoadGlobal(_)
            | PushUnset
            | Dup
            | ForIter(_)
            | LoadMethod(_)
            | LoadBuildClass
            | BeforeWith
            | WithExceptStart
            | ImportName(_)
            | ImportFrom(_)
            | LoadAssertionError
            | MatchSequence
            | MatchMapping
            | GetLen
            | LoadLocalAttr { .. } => 1,
            LoadLocals2 { .. } | LoadLocalConst { .. } | Dup2 => 2,
            StoreLocal(_) | StoreCell(_) | StoreName(_) | StoreGlobal(_) | Pop | Binary(_) | InPlace(_)
            | Add | Sub | Mul | Compare(_) | Is | IsNot | In | NotIn | JumpIfFalse(_) | JumpIfTrue(_)
            | JumpIfFalseOrPop(_) | JumpIfTrueOrPop(_) | ListAppend(_) | SetAdd(_) | ListExtend
            | SetUpdate | DictUpdate | DictMerge | DeleteAttr(_) | LoadItem | Return | PopExcept
            | JumpIfNoMatch(_) | WithExit | ImportStar | PrintExpr => -1,
            MatchKeys | DictWithout => -1,
            MatchClass(_) => -2,
            CompareJump { .. } | StoreAttr(_) | DeleteItem | MapAdd(_) | Reraise => -2,
            StoreItem => -3,
            BuildTuple(n) | BuildList(n) | BuildSet(n) | BuildString(n) | BuildSlice(n) => 1 - n as i32,
            BuildMap(n) => 1 - 2 * n as i32,
            Format { has_spec, .. } => -i32::from(has_spec),
            Call(n) => -1 - n as i32,
            CallKw { count, .. } => -1 - i32::from(count),
            CallEx { has_keywords } => -2 - i32::from(has_keywords),
            MakeFunction { flags, .. } => 1 - (flags & 0b1111).count_ones() as i32,
            Raise(n) => -i32::from(n),
            UnpackSequence(n) => n as i32 - 1,
            UnpackEx { before, after } => i32::from(before) + i32::from(after),
        }
    }
}

/// What `MakeFunction` finds on the stack, bottom first.
pub mod make {
    pub const DEFAULTS: u8 = 1;
    pub const KW_DEFAULTS: u8 = 2;
    pub const ANNOTATIONS: u8 = 4;
    pub const CLOSURE: u8 = 8;
}

const _: () = assert!(std::mem::size_of::<Op>() == 8);
