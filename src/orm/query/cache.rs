//! What is compiled once: statements by their structure, and what each mapper's statements share.
//!
//! Owns both caches. Must not know how anything is compiled.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHasher};

use super::context::{CompiledState, OrmExtras};
use super::options::OptionObject;
use crate::engine::SqlText;
use crate::orm::load::plan::Plan;
use crate::orm::mapper::Mapper;
use crate::python::value::{Str, Value};
use crate::sql::compile::Compiled;
use crate::sql::selectable::FromClause;
use crate::sql::statement::Select;

/// A statement over entities, compiled, with the plan of its rows.
pub struct CachedOrm {
    pub state: CompiledState,
    pub compiled: Compiled,
    plan: Plan,
    /// The plan of a text that says nothing about its columns, known since its first run.
    text_plan: OnceCell<Plan>,
    /// The text, where it does not depend on the values.
    pub text: Option<Rc<SqlText>>,
    /// The texts by what `IN` lists made of them.
    texts: RefCell<FxHashMap<Str, Rc<SqlText>>>,
    pub was_run: Cell<bool>,
    /// Loader options of the statement, and those among them that objects keep.
    pub options: Rc<[Value]>,
    pub propagated: Rc<[Value]>,
    /// What the statement was compiled from, kept alive since the key names parts of it by address.
    pub origin: Rc<Select>,
}

impl CachedOrm {
    pub fn new(
        state: CompiledState,
        compiled: Compiled,
        plan: Plan,
        origin: Rc<Select>,
        options: Rc<[Value]>,
        propagated: Rc<[Value]>,
    ) -> CachedOrm {
        let text = (!compiled.expands).then(|| SqlText::new(&*compiled.text));
        CachedOrm {
            state,
            compiled,
            plan,
            text_plan: OnceCell::new(),
            text,
            texts: RefCell::default(),
            was_run: Cell::new(false),
            options,
            propagated,
            origin,
        }
    }

    /// How rows become objects and values.
    pub fn plan(&self) -> &Plan {
        self.text_plan.get().unwrap_or(&self.plan)
    }

    pub fn set_text_plan(&self, plan: Plan) {
        // Another run of the same text has the same columns.
        let _ = self.text_plan.set(plan);
    }

    /// The text object of an expanded text.
    pub fn text_for(&self, text: &Str) -> Rc<SqlText> {
        if let Some(text) = &self.text {
            return text.clone();
        }
        if let Some(known) = self.texts.borrow().get(text) {
            return known.clone();
        }
        let made = SqlText::new(&**text);
        let mut texts = self.texts.borrow_mut();
        if texts.len() > 64 {
            texts.clear();
        }
        texts.insert(text.clone(), made.clone());
        made
    }
}

thread_local! {
    static STATEMENTS: RefCell<FxHashMap<u64, Bucket>> = RefCell::new(FxHashMap::default());
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

/// What must agree for two statements to share their compiled form.
pub type Key = Box<[u64]>;

/// The statements whose keys have the same hash.
type Bucket = Vec<(Key, Rc<CachedOrm>)>;

const LIMIT: usize = 500;

pub fn find(key: &[u64]) -> Option<Rc<CachedOrm>> {
    let hash = hash_of(key);
    STATEMENTS.with(|all| {
        let all = all.borrow();
        let found = all.get(&hash)?.iter().find(|(known, _)| **known == *key);
        found.map(|(_, cached)| cached.clone())
    })
}

pub fn keep(key: Key, cached: &Rc<CachedOrm>) {
    if COUNT.with(|count| count.replace(count.get() + 1)) >= LIMIT {
        forget_all();
    }
    let hash = hash_of(&key);
    STATEMENTS.with(|all| all.borrow_mut().entry(hash).or_default().push((key, cached.clone())));
}

/// Mappers changed, or the cache is full.
pub fn forget_all() {
    COUNT.with(|count| count.set(0));
    let before = STATEMENTS.with(|all| std::mem::take(&mut *all.borrow_mut()));
    drop(before);
}

fn hash_of(key: &[u64]) -> u64 {
    let mut hasher = FxHasher::default();
    key.hash(&mut hasher);
    hasher.finish()
}

/// The part of a key that the mapping layer adds to a statement's own.
pub fn extras_key(select: &Select, extras: &OrmExtras, key: &mut Vec<u64>) -> bool {
    let compile = &extras.compile;
    let flags = u64::from(compile.legacy)
        | u64::from(compile.enable_eagerloads) << 1
        | u64::from(compile.single_criteria) << 2
        | u64::from(compile.base_alias) << 3
        | u64::from(compile.refresh) << 4
        | u64::from(compile.user_refresh) << 5
        | u64::from(compile.toplevel) << 6;
    key.push(flags);
    let mut hasher = FxHasher::default();
    compile.current_path.hash(&mut hasher);
    compile.only_load.hash(&mut hasher);
    compile.lazy_reverse.as_ref().map(|property| Rc::as_ptr(property) as usize).hash(&mut hasher);
    for entity in &extras.from_entities {
        entity.identity().hash(&mut hasher);
    }
    key.push(hasher.finish());
    for value in &select.options {
        match value.payload::<OptionObject>() {
            Some(option) => key.push(option.identity() as u64),
            None => return false,
        }
    }
    compile.eager_order_by.is_empty() && extras.earlier.is_empty() && extras.statement.is_none()
}

/// What the query layer keeps per mapper.
#[derive(Default)]
pub struct MapperCache {
    pub selectable: OnceCell<FromClause>,
    /// Lazy loads by the relationship's token and a flag for its variant.
    pub lazy: RefCell<FxHashMap<(usize, u8), Rc<dyn Any>>>,
    /// Loads by primary key.
    pub by_key: RefCell<FxHashMap<u64, Rc<CachedOrm>>>,
}

/// The cache of a mapper; emptied by the mapper whenever its attributes change.
pub fn of_mapper(mapper: &Mapper) -> Rc<MapperCache> {
    let known = mapper.query_cache.borrow().clone().and_then(|any| any.downcast::<MapperCache>().ok());
    match known {
        Some(cache) => cache,
        None => {
            let made = Rc::new(MapperCache::default());
            *mapper.query_cache.borrow_mut() = Some(made.clone());
            made
        }
    }
}
