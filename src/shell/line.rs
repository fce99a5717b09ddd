//! The terminal: reading inputs with rustyline, showing what the shell answers.
//!
//! Owns keys, history, colours of the edit line, Ctrl-C and Ctrl-D. The only file that knows rustyline.
//! Must not know what an input means: it hands each to `Shell::feed`.
//!
//! A block is one edit buffer: Enter breaks the line while the input is incomplete and runs it as soon as it is
//! whole; an empty line ends a block, as in Python's own console.

use std::borrow::Cow;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hinter, HistoryHinter};
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{
    Cmd, ColorMode, CompletionType, ConditionalEventHandler, Context, EditMode, Editor, Event, EventContext,
    EventHandler, Helper, KeyCode, KeyEvent, Modifiers, Movement, RepeatCount,
};

use crate::ui::banner::{self, Banner};
use crate::ui::highlight;
use crate::ui::style::Theme;
use crate::ui::text::{Label, Text, escape_line};

use super::complete::Kind;
use super::config::Config;
use super::session::{Output, Shell};
use super::{commands, keys, pager};

const PROMPT: &str = ">>> ";
const MORE: &str = "... ";
/// A list of more suggestions than this is asked for first.
const MANY_ITEMS: usize = 120;

type LineEditor = Editor<Assistant, FileHistory>;

/// Runs a session on the terminal and returns the exit status.
pub fn run(mut shell: Shell, theme: Theme, config: &Config, banner: Option<&Banner>) -> u8 {
    shell.configure(config);
    listen_for_interrupts(&shell.project.vm.interrupt_flag());
    if let Some(banner) = banner {
        shell.screen.show(&banner::render(banner));
    }
    let screen = shell.screen.clone();
    let progress = shell.watch.progress.clone();
    if std::env::var("TERM").is_ok_and(|term| term != "dumb") {
        screen.share(&progress);
        progress.draw(theme);
    }
    let shell = Rc::new(RefCell::new(shell));
    let history = history_file().filter(|_| config.history > 0);
    let wants_editor = Arc::new(AtomicBool::new(false));
    let mut editor = match editor(&shell, theme, config, history.as_deref(), &wants_editor) {
        Ok(editor) => editor,
        Err(error) => {
            screen.show(&Text::of(Label::Error, format!("the terminal cannot be used: {error}\n")));
            return 1;
        }
    };
    loop {
        if let Some((columns, _)) = editor.dimensions() {
            shell.borrow_mut().settings.width = usize::from(columns).max(20);
        }
        let mark = shell.borrow_mut().standing().mark();
        match read(&mut editor, &format!("{mark}{PROMPT}"), &wants_editor) {
            Ok(input) if wants_editor.swap(false, Ordering::Relaxed) => {
                let output = edited(&shell, &mut editor, &input, history.as_deref());
                answer(&shell, theme, &output.text, editor.dimensions());
            }
            Ok(input) => {
                keep(&mut editor, &input, history.as_deref());
                shell.borrow().project.vm.interrupt_flag().store(false, Ordering::Relaxed);
                progress.begin();
                let mut output = shell.borrow_mut().feed(&input);
                progress.end();
                while let Some(before) = output.edit.take() {
                    output = edited(&shell, &mut editor, &before, history.as_deref());
                }
                answer(&shell, theme, &output.text, editor.dimensions());
                if let Some(status) = output.leave
                    && may_leave(&shell, &mut editor)
                {
                    return status;
                }
            }
            Err(ReadlineError::Interrupted) => screen.show(&Text::of(Label::Plain, "KeyboardInterrupt\n")),
            Err(ReadlineError::Eof) => {
                if may_leave(&shell, &mut editor) {
                    return 0;
                }
            }
            Err(_) => return 1,
        }
    }
}

/// An input. A terminal that cannot edit a block in place (TERM=dumb) gives it line by line.
fn read(editor: &mut LineEditor, prompt: &str, wants_editor: &AtomicBool) -> rustyline::Result<String> {
    let mut input = editor.readline(prompt)?;
    while !wants_editor.load(Ordering::Relaxed) && !super::session::is_whole(&input) {
        let more = editor.readline(MORE)?;
        input.push('\n');
        input.push_str(&more);
    }
    Ok(input)
}

/// Shows what an input came to, through the pager where it is taller than the window.
fn answer(shell: &Rc<RefCell<Shell>>, theme: Theme, text: &Text, dimensions: Option<(u16, u16)>) {
    let shell = shell.borrow();
    let height = dimensions.map_or(usize::MAX, |(_, rows)| usize::from(rows));
    if shell.settings.pager && pager::show(&theme.render(text), height) {
        return;
    }
    shell.screen.show(text);
}

/// Whether the session may end: work that is not committed is asked about first.
fn may_leave(shell: &Rc<RefCell<Shell>>, editor: &mut LineEditor) -> bool {
    let standing = shell.borrow_mut().standing();
    if !standing.is_uncommitted() {
        return true;
    }
    let what = match standing.waiting {
        0 => "Changes that are flushed and not committed.".to_string(),
        1 => "1 uncommitted change.".to_string(),
        count => format!("{count} uncommitted changes."),
    };
    let answer = editor.readline(&format!("{what}  [c]ommit  [d]iscard  [Enter] stay: "));
    match answer.as_deref().map(str::trim) {
        Ok("c" | "commit") => {
            let mut shell = shell.borrow_mut();
            let output = shell.python("db.session.commit()");
            shell.screen.show(&output.text);
            !shell.standing().is_uncommitted()
        }
        Ok("d" | "discard") | Err(ReadlineError::Eof) => true,
        _ => false,
    }
}

fn editor(
    shell: &Rc<RefCell<Shell>>,
    theme: Theme,
    config: &Config,
    history: Option<&Path>,
    wants_editor: &Arc<AtomicBool>,
) -> rustyline::Result<LineEditor> {
    let settings = rustyline::Config::builder()
        .edit_mode(if config.vi { EditMode::Vi } else { EditMode::Emacs })
        .completion_type(CompletionType::List)
        .completion_prompt_limit(MANY_ITEMS)
        .completion_show_all_if_ambiguous(true)
        .max_history_size(config.history.max(1))?
        .history_ignore_dups(true)?
        .history_ignore_space(true)
        .auto_add_history(false)
        .bracketed_paste(true)
        .tab_stop(4)
        .indent_size(4)
        .color_mode(if theme == Theme::Colour { ColorMode::Enabled } else { ColorMode::Disabled })
        .build();
    let mut editor: LineEditor = Editor::with_config(settings)?;
    editor.set_helper(Some(Assistant {
        shell: shell.clone(),
        theme,
        history: HistoryHinter::new(),
        asked: RefCell::default(),
    }));
    let enter = || EventHandler::Conditional(Box::new(Enter));
    editor.bind_sequence(KeyEvent(KeyCode::Enter, Modifiers::NONE), enter());
    editor.bind_sequence(KeyEvent::ctrl('J'), enter());
    editor.bind_sequence(KeyEvent(KeyCode::Enter, Modifiers::ALT), Cmd::Insert(1, "\n".into()));
    let tab = EventHandler::Conditional(Box::new(Tab));
    editor.bind_sequence(KeyEvent(KeyCode::Tab, Modifiers::NONE), tab);
    let up = EventHandler::Conditional(Box::new(Up));
    editor.bind_sequence(KeyEvent(KeyCode::Up, Modifiers::NONE), up);
    let down = EventHandler::Conditional(Box::new(Down));
    editor.bind_sequence(KeyEvent(KeyCode::Down, Modifiers::NONE), down);
    let back = EventHandler::Conditional(Box::new(BackTab));
    editor.bind_sequence(KeyEvent(KeyCode::BackTab, Modifiers::NONE), back);
    let edit = || EventHandler::Conditional(Box::new(ToEditor(wants_editor.clone())));
    editor.bind_sequence(KeyEvent(KeyCode::F(2), Modifiers::NONE), edit());
    editor.bind_sequence(Event::KeySeq(vec![KeyEvent::ctrl('X'), KeyEvent::ctrl('E')]), edit());
    if let Some(path) = history {
        // A history that cannot be read is an empty one.
        let _ = editor.load_history(path);
    }
    Ok(editor)
}

/// Lets a text be changed in the editor, and runs what comes back.
fn edited(
    shell: &Rc<RefCell<Shell>>,
    editor: &mut LineEditor,
    before: &str,
    history: Option<&Path>,
) -> Output {
    let text = match in_editor(before) {
        Ok(text) => text,
        Err(why) => return Output::remark(format!("the editor: {why}")),
    };
    if text.trim().is_empty() {
        return Output::remark("nothing to run");
    }
    keep(editor, &text, history);
    let mut typed = Text::new();
    for (number, line) in text.trim_end().lines().enumerate() {
        typed.push(Label::Prompt, if number == 0 { PROMPT } else { MORE });
        typed.append(highlight::python(&escape_line(line))).line();
    }
    let mut shell = shell.borrow_mut();
    shell.screen.show(&typed);
    shell.feed(&text)
}

/// Lets VISUAL, EDITOR or vi change a text, and gives what came of it.
fn in_editor(before: &str) -> std::io::Result<String> {
    let file = tempfile::Builder::new().prefix("retort-").suffix(".py").tempfile()?;
    std::fs::write(file.path(), format!("{before}\n"))?;
    open_editor(file.path())?;
    std::fs::read_to_string(file.path())
}

/// Opens VISUAL, EDITOR or vi on a file and waits for it to end.
pub fn open_editor(path: &Path) -> std::io::Result<()> {
    let chosen =
        ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()));
    let chosen = chosen.unwrap_or_else(|| "vi".to_string());
    let mut words = chosen.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let status = std::process::Command::new(program).args(words).arg(path).status()?;
    if status.success() {
        Ok(())
    } else {
        Err(std::io::Error::other(format!("{program} ended with {status}")))
    }
}

fn keep(editor: &mut LineEditor, input: &str, history: Option<&Path>) {
    let input = input.trim_end();
    if input.trim().is_empty() {
        return;
    }
    let added = editor.add_history_entry(input);
    if let (Ok(true), Some(path)) = (added, history) {
        // The session matters more than its history.
        let _ = editor.append_history(path);
    }
}

/// Enter: breaks the line while more is needed.
struct Enter;

impl ConditionalEventHandler for Enter {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        let line = context.line();
        if keys::enter_runs(line) {
            // The cursor may stand in the middle; the whole buffer is taken.
            return Some(Cmd::AcceptLine);
        }
        let before = line.get(..context.pos()).unwrap_or(line);
        Some(Cmd::Insert(1, format!("\n{}", keys::indent_after(before))))
    }
}

/// Up: the line above in a block; else the earlier inputs that begin as this one does.
struct Up;

impl ConditionalEventHandler for Up {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        let before = context.line().get(..context.pos())?;
        (!before.contains('\n') && !before.is_empty()).then_some(Cmd::HistorySearchBackward)
    }
}

/// Down: the line below in a block; else the later inputs that begin as this one does.
struct Down;

impl ConditionalEventHandler for Down {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        let (before, after) = context.line().split_at_checked(context.pos())?;
        (!after.contains('\n') && !before.contains('\n') && !before.is_empty())
            .then_some(Cmd::HistorySearchForward)
    }
}

/// Shift-Tab: one step of indentation less.
struct BackTab;

impl ConditionalEventHandler for BackTab {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        let line = context.line().get(..context.pos())?.rsplit('\n').next()?;
        line.starts_with(keys::INDENT).then_some(Cmd::Dedent(Movement::WholeLine))
    }
}

/// F2 and Ctrl-X Ctrl-E: the buffer is taken, to be changed in the editor.
struct ToEditor(Arc<AtomicBool>);

impl ConditionalEventHandler for ToEditor {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext<'_>) -> Option<Cmd> {
        self.0.store(true, Ordering::Relaxed);
        Some(Cmd::AcceptLine)
    }
}

/// Tab: indents where the line is blank so far, completes elsewhere.
struct Tab;

impl ConditionalEventHandler for Tab {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        let before = context.line().get(..context.pos())?;
        let current = before.rsplit('\n').next().unwrap_or("");
        let is_first = !before.contains('\n');
        (current.trim().is_empty() && !(is_first && current.is_empty()))
            .then(|| Cmd::Insert(1, keys::INDENT.to_string()))
    }
}

/// What rustyline asks while a line is edited.
struct Assistant {
    shell: Rc<RefCell<Shell>>,
    theme: Theme,
    history: HistoryHinter,
    /// What stood before the cursor at the last Tab.
    asked: RefCell<String>,
}

impl Helper for Assistant {}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let Ok(mut shell) = self.shell.try_borrow_mut() else { return Ok((pos, Vec::new())) };
        let before = line.get(..pos).unwrap_or("");
        // A second Tab at the same place asks for more than names: it may read a column's values.
        let again = self.asked.replace(before.to_string()) == before;
        let (length, items) = shell.complete(before, again);
        let pairs = items.into_iter().map(|item| {
            let has_detail = !item.detail.is_empty()
                && matches!(item.kind, Kind::Column | Kind::Relation | Kind::Keyword | Kind::Table);
            let display =
                if has_detail { format!("{} {}", item.text, item.detail) } else { item.text.clone() };
            Pair { display, replacement: item.text }
        });
        Ok((pos - length, pairs.collect()))
    }
}

impl Hinter for Assistant {
    type Hint = String;

    fn hint(&self, line: &str, pos: usize, context: &Context<'_>) -> Option<String> {
        // Ghost text is one line: a block from the history would redraw half the screen.
        self.history.hint(line, pos, context).filter(|hint| !hint.contains('\n'))
    }
}

impl Validator for Assistant {}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, pos: usize) -> Cow<'l, str> {
        if self.theme == Theme::Plain || commands::begins_command(line) {
            return Cow::Borrowed(line);
        }
        let text = match commands::begins_sql(line) {
            true => highlight::sql(line),
            false => match keys::matching(line, pos) {
                Some((one, other)) => highlight::python(line).marked(&[one, other], Label::Heading),
                None => highlight::python(line),
            },
        };
        Cow::Owned(self.theme.render(&text))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        Cow::Owned(self.theme.render(&Text::of(Label::Prompt, prompt)))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(self.theme.render(&Text::of(Label::Dim, hint)))
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        // A moved cursor may stand at another bracket.
        self.theme == Theme::Colour
    }
}

/// Ctrl-C while something runs asks the machine and SQLite to stop.
fn listen_for_interrupts(flag: &Arc<AtomicBool>) {
    #[cfg(unix)]
    {
        use signal_hook::consts::SIGINT;
        let _ = signal_hook::flag::register(SIGINT, flag.clone());
        // SAFETY: the handler stores into an atomic and does nothing else.
        let _ = unsafe { signal_hook::low_level::register(SIGINT, crate::util::interrupt::request) };
    }
    #[cfg(not(unix))]
    let _ = flag;
}

/// Where the history is kept: RETORT_HISTORY (empty: nowhere), else the state folder; made for its owner alone.
fn history_file() -> Option<PathBuf> {
    let path = match std::env::var_os("RETORT_HISTORY") {
        Some(path) if path.is_empty() => return None,
        Some(path) => PathBuf::from(path),
        None => {
            let state =
                std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
            let state = match state {
                Some(state) => state,
                None => PathBuf::from(std::env::var_os("HOME").filter(|home| !home.is_empty())?)
                    .join(".local/state"),
            };
            state.join("retort").join("history")
        }
    };
    make_private(&path).ok()?;
    Some(path)
}

fn make_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).map(drop)
}
