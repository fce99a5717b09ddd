//! `Shell`: takes what was typed and answers.
//!
//! Owns one session: the loaded project, the options that commands change, the inputs so far and the last error.
//! Must not know the terminal: values and prints go to its `Screen`, the rest comes back as labelled text.

use std::rc::Rc;

use crate::diag::{Place, Source, builtin};
use crate::project::Project;
use crate::python::syntax::{self, Completeness};
use crate::python::value::{Class, ExceptionData, FrameInfo, Gc, Host, Raised, Value, intern};
use crate::python::vm::{Mode, last_line, render_traceback};
use crate::ui::error::{self, ErrorView};
use crate::ui::footer::{self, Cost, Repeated};
use crate::ui::table;
use crate::ui::text::{Label, Text};

use super::catalog::Catalog;
use super::commands;
use super::complete::{self, Item, World};
use super::reload::Files;
use super::screen::Screen;
use super::watch::Watch;
use super::{cure, hints, paste, preview};

/// What an input came to, besides what it printed.
#[derive(Default)]
pub struct Output {
    pub text: Text,
    /// The exit status, where the session is over.
    pub leave: Option<u8>,
    /// A text to be changed in the editor and fed again.
    pub edit: Option<String>,
}

impl Output {
    pub fn text(text: Text) -> Output {
        Output { text, ..Output::default() }
    }

    pub fn leave(status: u8) -> Output {
        Output { leave: Some(status), ..Output::default() }
    }

    /// One line of remark.
    pub fn remark(text: impl AsRef<str>) -> Output {
        Output::text(Text::of(Label::Dim, format!("{}\n", text.as_ref())))
    }
}

/// Rows one below the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expanded {
    Off,
    On,
    /// Where a table is wider than the window.
    Auto,
}

/// A file that takes the rows of SQL.
pub struct RowsTo {
    pub file: std::path::PathBuf,
    /// For the next statement only.
    pub once: bool,
}

/// What commands switch.
pub struct Settings {
    pub mode: table::Mode,
    pub expanded: Expanded,
    /// Long answers go through the pager.
    pub pager: bool,
    /// Where the rows of SQL go instead of the screen.
    pub rows_to: Option<RowsTo>,
    pub preview: bool,
    pub footer: bool,
    /// The notice about N+1 in the footer.
    pub n_plus_one: bool,
    pub width: usize,
}

/// The name under which the console's inputs are known in tracebacks.
pub const CONSOLE: &str = "<console>";

/// One session at the prompt.
pub struct Shell {
    pub project: Project,
    pub settings: Settings,
    pub screen: Screen,
    pub watch: Rc<Watch>,
    /// Everything that was run, oldest first.
    pub inputs: Vec<String>,
    pub last_error: Option<ErrorView>,
    /// The names that were in scope at the start.
    pub given: Vec<String>,
    /// What a lesson's guided session types next, last first.
    pub guide: Vec<String>,
    /// What the inputs so far read again and again.
    pub repeated: Vec<Repeated>,
    /// The last rows that SQL gave.
    pub last_rows: Option<table::Table>,
    /// The app's files as they were when they were read.
    pub files: Files,
}

impl Shell {
    pub fn new(mut project: Project, screen: Screen) -> Shell {
        let watch = Watch::new(screen.clone());
        crate::engine::set_sink(watch.clone());
        let given = names_of(&project);
        let files = Files::of(&project);
        super::state::give_queries_their_sql(&mut project);
        Shell {
            project,
            settings: Settings {
                mode: table::Mode::Box,
                expanded: Expanded::Off,
                pager: true,
                rows_to: None,
                preview: true,
                footer: true,
                n_plus_one: true,
                width: 100,
            },
            screen,
            watch,
            inputs: Vec::new(),
            last_error: None,
            given,
            guide: Vec::new(),
            repeated: Vec::new(),
            last_rows: None,
            files,
        }
    }

    /// Sets what a person configured.
    pub fn configure(&mut self, config: &super::config::Config) {
        self.settings.mode = config.mode;
        self.settings.preview = config.preview;
        self.settings.footer = config.footer;
        self.settings.n_plus_one = config.n_plus_one;
        self.settings.pager = config.pager;
        self.files.automatic = config.autoreload;
        match config.echo {
            super::config::Echo::Off => {}
            super::config::Echo::On => drop(commands::set_echo(self, "on")),
            super::config::Echo::Short => drop(commands::set_echo(self, "short")),
        }
    }

    /// Takes a lesson's guided session along; `%next` shows it line by line.
    pub fn follow(&mut self, guided: &str) {
        let session = crate::project::session_text::Session::parse(guided);
        self.guide = session.statements.into_iter().rev().map(|statement| statement.source).collect();
    }

    /// Answers one input: a command, a pasted session, or Python.
    pub fn feed(&mut self, input: &str) -> Output {
        let input = input.trim_end();
        if input.trim().is_empty() {
            return Output::default();
        }
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.answer(input)));
        outcome.unwrap_or_else(|_| {
            let mut text = Text::of(Label::Error, "internal error");
            text.plain(
                ": this is a fault in Retort, not in your code; the session goes on. The input was:\n",
            );
            text.data(Label::Plain, input).line();
            Output::text(text)
        })
    }

    fn answer(&mut self, input: &str) -> Output {
        let changed = self.look_at_files();
        let mut output = self.answer_input(input);
        if !changed.is_empty() {
            let mut text = changed;
            text.append(output.text);
            output.text = text;
        }
        output
    }

    fn answer_input(&mut self, input: &str) -> Output {
        if let Some(call) = commands::recognise(input, &|name| self.project.names.get(name).is_some()) {
            self.inputs.push(input.to_string());
            return self.command(call);
        }
        match paste::statements(input) {
            Some(statements) => self.pasted(statements),
            None => {
                self.inputs.push(input.to_string());
                self.python(input)
            }
        }
    }

    /// Runs a command under the watch, as Python is run: `%sql` has a footer, too.
    fn command(&mut self, call: commands::Call) -> Output {
        (call.command.call)(self, &call.argument)
    }

    /// Runs the statements of a pasted session one by one, up to the first error that it does not show itself.
    fn pasted(&mut self, statements: Vec<paste::Statement>) -> Output {
        let mut last = Output::default();
        for paste::Statement { source: statement, raises } in statements {
            if syntax_says_nothing(&statement) {
                continue;
            }
            self.screen.show(&last.text);
            let errors_before = self.last_error.take();
            self.inputs.push(statement.trim_end().to_string());
            last = self.python(&statement);
            if last.leave.is_some() || (self.last_error.is_some() && !raises) {
                break;
            }
            if self.last_error.is_none() {
                self.last_error = errors_before;
            }
        }
        last
    }

    /// Runs Python as it was typed and says what it cost.
    pub fn python(&mut self, text: &str) -> Output {
        self.run(&Rc::new(Source::new(CONSOLE, format!("{text}\n"))), Mode::Single)
    }

    /// Runs the text of a file in the session's names.
    pub fn run_text(&mut self, file: &str, text: &str) -> Output {
        self.run(&Rc::new(Source::new(file, text)), Mode::File)
    }

    fn run(&mut self, source: &Rc<Source>, mode: Mode) -> Output {
        self.watch.begin();
        self.screen.take_displayed();
        let names = self.project.names.clone();
        crate::util::interrupt::take();
        let result = self.project.vm.run_source(source, &names, mode);
        self.screen.fresh_line();
        let mut output = match result {
            Ok(_) => Output::default(),
            Err(raised) => self.failed(raised, source),
        };
        if output.leave.is_none() {
            // The cost is read before the preview, whose statement is the shell's own.
            let cost = self.watch.cost();
            if self.screen.take_displayed() && self.settings.preview {
                output.text.append(self.preview());
            }
            output.text.append(self.footer(cost, &source.text));
        }
        output
    }

    /// The line that says what an input cost, with the notice about what it read again and again.
    pub fn footer(&mut self, mut cost: Cost, input: &str) -> Text {
        if !self.settings.footer || cost.statements() == 0 {
            return Text::new();
        }
        let style = cure::Style {
            select: input.contains("select("),
            prefix: if self.project.names.get("joinedload").is_some() { "" } else { "db." },
        };
        let repeated = cure::repeated(&self.watch.loads(), &Catalog::read(), &style);
        if self.settings.n_plus_one {
            cost.repeated.clone_from(&repeated);
        }
        self.repeated.extend(repeated);
        footer::footer(&cost)
    }

    fn preview(&mut self) -> Text {
        let Some(value) = self.project.vm.builtins().get("_") else { return Text::new() };
        preview::of_value(self, &value)
    }

    /// What an exception that nobody caught comes to.
    pub fn failed(&mut self, mut raised: Raised, source: &Source) -> Output {
        if raised.is_a(&builtin::SYSTEM_EXIT) {
            return self.system_exit(raised);
        }
        if raised.is_a(&builtin::KEYBOARD_INTERRUPT) {
            return Output::text(Text::of(Label::Plain, "KeyboardInterrupt\n"));
        }
        let view = self.error_view(&mut raised, source);
        let text = error::screen(&view);
        self.last_error = Some(view);
        Output::text(text)
    }

    fn system_exit(&mut self, mut raised: Raised) -> Output {
        let value = self.project.vm.exception_value(&mut raised);
        let code = self.project.vm.find_attr(&value, &intern("code"));
        match code {
            Ok(None | Some(Value::None)) => Output::leave(0),
            Ok(Some(Value::Int(code))) => Output::leave((code & 0xff) as u8),
            Ok(Some(Value::Bool(code))) => Output::leave(u8::from(code)),
            Ok(Some(other)) => {
                let text = self.project.vm.str(&other).map(|text| format!("{text}\n")).unwrap_or_default();
                let text = Text::of(Label::Plain, crate::ui::text::escape_block(&text));
                Output { text, leave: Some(1), edit: None }
            }
            Err(_) => Output::leave(1),
        }
    }

    fn error_view(&mut self, raised: &mut Raised, source: &Source) -> ErrorView {
        let value = self.project.vm.exception_value(raised);
        let message = last_line(&mut self.project.vm, raised);
        let traceback =
            render_traceback(&mut self.project.vm, raised, &mut |file, line| file_line(file, line));
        let (diagnosis, frames) = match value.payload::<ExceptionData>() {
            Some(data) => (data.diagnosis.borrow().clone(), data.traceback.borrow().clone()),
            None => (None, Vec::new()),
        };
        let (kind, detail) = match message.split_once(": ") {
            Some((kind, detail)) => (kind.rsplit('.').next().unwrap_or(kind), detail),
            None => (message.as_str(), ""),
        };
        let mut found = diagnosis.as_ref().map(|error| error.hints.clone()).unwrap_or_default();
        let names = self.all_names();
        for hint in hints::for_error(kind, detail, &Catalog::read(), &names) {
            if !found.contains(&hint) {
                found.push(hint);
            }
        }
        // A syntax error brings its own place.
        let own_place = diagnosis.as_ref().and_then(|error| error.place.clone());
        let mut place = own_place.or_else(|| innermost_place(&frames, source));
        if let Some(place) = &mut place {
            let root = self.project.root.canonicalize().unwrap_or_default();
            if let Ok(inside) = std::path::Path::new(&place.file).strip_prefix(&root) {
                place.file = inside.display().to_string();
            }
        }
        let notes = diagnosis.map(|error| error.into_details().notes).unwrap_or_default();
        ErrorView { message, place, notes, hints: found, traceback }
    }

    /// Every name that an expression may begin with: the session's, then the builtins'.
    pub fn all_names(&self) -> Vec<String> {
        let mut names = names_of(&self.project);
        for key in self.project.vm.builtins().keys() {
            if let Some(name) = key.as_str() {
                names.push(name.to_string());
            }
        }
        names
    }

    /// Suggestions for the end of `before`, and the length of what they replace. Runs nothing.
    ///
    /// `may_read` lets the values of a small column be asked for.
    pub fn complete(&mut self, before: &str, may_read: bool) -> (usize, Vec<Item>) {
        let catalog = Catalog::read();
        let wanted = std::cell::RefCell::new(None);
        let found = self.complete_with(before, &catalog, &|column| {
            *wanted.borrow_mut() =
                column.table().map(|table| (table.key.to_string(), column.name().to_string()));
            Vec::new()
        });
        let Some((table, column)) = wanted.into_inner().filter(|_| may_read) else { return found };
        let values = self.column_values(&table, &column);
        self.complete_with(before, &catalog, &|_| values.clone())
    }

    fn complete_with(
        &mut self,
        before: &str,
        catalog: &Catalog,
        values: &dyn Fn(&crate::sql::schema::Column) -> Vec<String>,
    ) -> (usize, Vec<Item>) {
        let names = self.all_names();
        let vm = std::cell::RefCell::new(&mut self.project.vm);
        let scope = self.project.names.clone();
        let builtins = vm.borrow().builtins().clone();
        let loaded = vm.borrow().modules().clone();
        let lookup = |name: &str| scope.get(name).or_else(|| builtins.get(name));
        let class_of = |value: &Value| -> Option<Gc<Class>> { Some(vm.borrow_mut().class_of(value)) };
        let module_names = |name: &str| module_names(&loaded, name);
        let world = World {
            catalog,
            values,
            lookup: &lookup,
            names: &|| names.clone(),
            modules: &|| crate::pylib::all().map(|module| module.name.to_string()).collect(),
            module_names: &module_names,
            class_of: &class_of,
            commands: &commands::words,
            arguments: &|command| commands::arguments(command, catalog),
        };
        complete::complete(before, &world)
    }
}

/// Whether an input needs no more lines.
pub fn is_whole(input: &str) -> bool {
    if input.trim().is_empty() || commands::begins_command(input) || paste::begins_session(input) {
        return true;
    }
    if commands::begins_sql(input) {
        return input.trim_end().ends_with(';');
    }
    !matches!(syntax::completeness(input), Completeness::Incomplete | Completeness::OpenBlock)
}

/// The innermost place in a file of the app; else the line of an input of several lines. A single line is still on
/// the screen, and a function that was typed earlier has lines that nobody kept.
fn innermost_place(frames: &[FrameInfo], source: &Source) -> Option<Place> {
    let place = |frame: &FrameInfo, text: String| Place {
        file: frame.file.to_string(),
        line: frame.line,
        columns: frame.columns,
        text: Some(text),
    };
    let in_file = frames.iter().find_map(|frame| Some(place(frame, file_line(&frame.file, frame.line)?)));
    in_file.or_else(|| {
        let frame = frames.iter().find(|frame| *frame.file == *source.name && &*frame.name == "<module>")?;
        let is_block = source.text.trim_end().lines().count() > 1;
        is_block.then(|| place(frame, source.line_text(frame.line).to_string()))
    })
}

pub fn names_of(project: &Project) -> Vec<String> {
    project.names.keys().iter().filter_map(|key| key.as_str().map(str::to_string)).collect()
}

fn module_names(loaded: &crate::python::value::Dict, name: &str) -> Vec<String> {
    if let Some(Value::Module(module)) = loaded.get(name) {
        return module.dict.keys().iter().filter_map(|key| key.as_str().map(str::to_string)).collect();
    }
    let Some(module) = crate::pylib::find(name) else { return Vec::new() };
    let functions = module.functions.iter().map(|row| row.name);
    let types = module.types.iter().map(|kind| kind.name);
    let exceptions = module.exceptions.iter().map(|row| row.name);
    let constants = module.constants.iter().map(|(name, _)| *name);
    functions.chain(types).chain(exceptions).chain(constants).map(str::to_string).collect()
}

/// A line of a file on disk.
pub fn file_line(file: &str, line: u32) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    text.lines().nth(line.checked_sub(1)? as usize).map(str::to_string)
}

fn syntax_says_nothing(source: &str) -> bool {
    crate::project::session_text::says_nothing(source)
}
