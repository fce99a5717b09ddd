//! What an engine tells: echo records, statements with their cost, and events for listeners.
//!
//! Owns the sink of this thread, the listeners' shape, and the reason for which a statement runs.
//! Must not know who listens.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use super::connection::Connection;
use super::driver::DbapiConnection;
use super::echo::Params;
use crate::diag::Place;
use crate::python::value::{Host, R, Str, Value};

/// One line (or block) of the echo.
pub struct EchoRecord<'a> {
    pub level: &'static str,
    pub logger: &'a str,
    pub message: &'a str,
}

impl EchoRecord<'_> {
    /// As SQLAlchemy's own log handler writes it, with the time of day.
    pub fn stamped(&self) -> String {
        let now = chrono::Local::now().format("%Y-%m-%d %H:%M:%S,%3f");
        format!("{now} {} {} {}\n", self.level, self.logger, self.message)
    }

    /// Without the time, as recorded sessions have it.
    pub fn unstamped(&self) -> String {
        format!("{} {} {}\n", self.level, self.logger, self.message)
    }
}

/// A statement that has run.
pub struct StatementEvent<'a> {
    pub text: &'a str,
    /// How many sets of parameters it ran with.
    pub executions: usize,
    /// Rows fetched; for changes, rows changed.
    pub rows: u64,
    pub elapsed: Duration,
    pub reason: Option<Reason>,
    /// The values of the first set of parameters.
    pub values: &'a [Value],
    /// The line of the program that asked.
    pub place: Option<Place>,
}

/// Where echo and statements go.
pub trait Sink {
    fn echo(&self, host: &mut dyn Host, record: &EchoRecord<'_>) {
        let line = record.stamped();
        host.write_err(&line);
    }
    /// Whether `statement` is worth calling.
    fn wants_statements(&self) -> bool {
        false
    }
    /// Whether a statement may run; one that may not is interrupted.
    fn permits(&self, _text: &str) -> bool {
        true
    }
    fn statement(&self, _event: &StatementEvent<'_>) {}
}

struct ToStandardError;
impl Sink for ToStandardError {}

/// Why the ORM runs a statement, for footers and the N+1 warning.
#[derive(Clone, Debug)]
pub struct Reason {
    /// `lazy load`, `autoflush`, `refresh`, `selectin`, ...
    pub what: &'static str,
    /// The class whose attribute asked, where there is one.
    pub class: Option<Str>,
    pub key: Option<Str>,
}

thread_local! {
    static SINK: RefCell<Rc<dyn Sink>> = RefCell::new(Rc::new(ToStandardError));
    static REASON: RefCell<Option<Reason>> = const { RefCell::new(None) };
    static LISTENERS: RefCell<Vec<Listener>> = const { RefCell::new(Vec::new()) };
    static LISTENER_COUNT: Cell<usize> = const { Cell::new(0) };
    static NEXT_LISTENER: Cell<u64> = const { Cell::new(1) };
}

/// Chooses where this thread's echo goes.
pub fn set_sink(sink: Rc<dyn Sink>) {
    SINK.with(|place| *place.borrow_mut() = sink);
}

pub(super) fn sink() -> Rc<dyn Sink> {
    SINK.with(|place| place.borrow().clone())
}

/// States why statements run until it is dropped. An inner reason stands before an outer one.
pub struct ReasonGuard(Option<Reason>);

impl ReasonGuard {
    pub fn new(what: &'static str, class: Option<Str>, key: Option<Str>) -> ReasonGuard {
        let reason = Reason { what, class, key };
        ReasonGuard(REASON.with(|place| place.replace(Some(reason))))
    }
}

impl Drop for ReasonGuard {
    fn drop(&mut self) {
        let before = self.0.take();
        REASON.with(|place| place.replace(before));
    }
}

pub(super) fn current_reason() -> Option<Reason> {
    REASON.with(|place| place.borrow().clone())
}

/// The events that listeners may ask for, by SQLAlchemy's names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventKind {
    FirstConnect,
    Connect,
    Checkout,
    Checkin,
    Close,
    EngineConnect,
    Begin,
    Commit,
    Rollback,
    Savepoint,
    RollbackSavepoint,
    ReleaseSavepoint,
    BeforeCursorExecute,
    AfterCursorExecute,
    HandleError,
}

impl EventKind {
    pub const ALL: [(&'static str, EventKind); 15] = [
        ("first_connect", EventKind::FirstConnect),
        ("connect", EventKind::Connect),
        ("checkout", EventKind::Checkout),
        ("checkin", EventKind::Checkin),
        ("close", EventKind::Close),
        ("engine_connect", EventKind::EngineConnect),
        ("begin", EventKind::Begin),
        ("commit", EventKind::Commit),
        ("rollback", EventKind::Rollback),
        ("savepoint", EventKind::Savepoint),
        ("rollback_savepoint", EventKind::RollbackSavepoint),
        ("release_savepoint", EventKind::ReleaseSavepoint),
        ("before_cursor_execute", EventKind::BeforeCursorExecute),
        ("after_cursor_execute", EventKind::AfterCursorExecute),
        ("handle_error", EventKind::HandleError),
    ];

    pub fn by_name(name: &str) -> Option<EventKind> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }
}

/// What happened.
pub enum EngineEvent<'a> {
    /// Connect, first connect, checkout, checkin, close.
    Pool(&'a Rc<DbapiConnection>),
    /// Engine connect, begin, commit, rollback.
    Connection(&'a Rc<Connection>),
    Savepoint {
        connection: &'a Rc<Connection>,
        name: &'a str,
    },
    /// Before and after a statement goes to the driver.
    Execute {
        connection: &'a Rc<Connection>,
        statement: &'a str,
        params: Params<'a>,
    },
}

pub type ListenerId = u64;
type Callback = Rc<dyn Fn(&mut dyn Host, &EngineEvent<'_>) -> R<()>>;

/// One listener of one kind of event.
#[derive(Clone)]
pub struct Listener {
    pub kind: EventKind,
    pub id: ListenerId,
    pub call: Callback,
    /// Called once only.
    pub once: bool,
}

impl Listener {
    pub fn new(kind: EventKind, call: Callback) -> Listener {
        let id = NEXT_LISTENER.with(|next| next.replace(next.get() + 1));
        Listener { kind, id, call, once: false }
    }
}

/// Listens to every engine, those made later included (`event.listens_for(Engine, ...)`).
pub fn listen_everywhere(listener: Listener) {
    LISTENERS.with(|all| all.borrow_mut().push(listener));
    LISTENER_COUNT.with(|count| count.set(count.get() + 1));
}

/// Takes a listener back; says whether it was there.
pub fn forget_everywhere(id: ListenerId) -> bool {
    LISTENERS.with(|all| {
        let mut all = all.borrow_mut();
        let before = all.len();
        all.retain(|listener| listener.id != id);
        LISTENER_COUNT.with(|count| count.set(all.len()));
        all.len() < before
    })
}

#[inline]
pub(super) fn somebody_listens() -> bool {
    LISTENER_COUNT.with(Cell::get) > 0
}

/// Tells listeners to everything, then those given.
pub(super) fn dispatch(
    host: &mut dyn Host,
    own: &RefCell<Vec<Listener>>,
    kind: EventKind,
    event: &EngineEvent<'_>,
) -> R<()> {
    let everywhere: Vec<Listener> =
        LISTENERS.with(|all| all.borrow().iter().filter(|listener| listener.kind == kind).cloned().collect());
    let here: Vec<Listener> = own.borrow().iter().filter(|listener| listener.kind == kind).cloned().collect();
    for listener in everywhere.into_iter().chain(here) {
        if listener.once {
            own.borrow_mut().retain(|known| known.id != listener.id);
            forget_everywhere(listener.id);
        }
        (listener.call)(host, event)?;
    }
    Ok(())
}
