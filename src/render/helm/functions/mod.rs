//! The functions of templates: Go's own, Sprig's and Helm's.

mod builtin;
mod case;
mod checks;
mod crypto;
mod dates;
mod dicts;
mod encoding;
mod helm;
mod lists;
mod math;
mod parts;
mod paths;
mod regexes;
mod serial;
mod strings;
mod urls;
mod versions;

use std::rc::Rc;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::engine::Engine;
use super::fault::Res;
use super::text::Text;
use super::value::{Data, Map, MapRef, Val};

/// What becomes of the origins of a function's arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Track {
    /// The result carries those that it is made of.
    Keep,
    /// The result is new text that comes from all arguments.
    New,
    /// The result differs from run to run.
    Unknown,
}

type Call = fn(&mut Engine, &[Val]) -> Res<Val>;

/// A function of templates.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    /// The types of its parameters, a letter each: any, string, int, float, bool, map, list. A
    /// star repeats the one before it any number of times.
    params: &'static str,
    pub(super) track: Track,
    pub(super) call: Call,
}

impl Function {
    /// The least and the greatest number of arguments.
    pub(super) fn arity(&self) -> (usize, Option<usize>) {
        let len = self.params.len();
        if self.params.ends_with('*') {
            (len.saturating_sub(2), None)
        } else {
            (len, Some(len))
        }
    }

    /// The type of the parameter that an argument goes to.
    pub(super) fn param(&self, index: usize) -> u8 {
        let letters = self.params.trim_end_matches('*').as_bytes();
        let letter = letters.get(index).or_else(|| letters.last());
        letter.copied().unwrap_or(b'a')
    }

    /// For `and` and `or`: the truth of the argument at which they stop.
    pub(super) fn short_circuit(&self) -> Option<bool> {
        match self.name {
            "and" => Some(false),
            "or" => Some(true),
            _ => None,
        }
    }
}

const fn keep(name: &'static str, params: &'static str, call: Call) -> Function {
    Function {
        name,
        params,
        track: Track::Keep,
        call,
    }
}

const fn new(name: &'static str, params: &'static str, call: Call) -> Function {
    Function {
        name,
        params,
        track: Track::New,
        call,
    }
}

const fn unknown(name: &'static str, params: &'static str, call: Call) -> Function {
    Function {
        name,
        params,
        track: Track::Unknown,
        call,
    }
}

static TABLES: [&[Function]; 16] = [
    &builtin::TABLE,
    &case::TABLE,
    &checks::TABLE,
    &crypto::TABLE,
    &dates::TABLE,
    &dicts::TABLE,
    &encoding::TABLE,
    &helm::TABLE,
    &lists::TABLE,
    &math::TABLE,
    &paths::TABLE,
    &regexes::TABLE,
    &serial::TABLE,
    &strings::TABLE,
    &urls::TABLE,
    &versions::TABLE,
];

/// The function of a name.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    static BY_NAME: LazyLock<FxHashMap<&str, &Function>> = LazyLock::new(|| {
        let all = TABLES.iter().flat_map(|table| table.iter());
        all.map(|function| (function.name, function)).collect()
    });
    BY_NAME.get(name).copied()
}

/// The argument, or nil.
fn val(args: &[Val], index: usize) -> Val {
    args.get(index).cloned().unwrap_or_else(Val::nil)
}

/// The string that was given for a string parameter.
fn text(args: &[Val], index: usize) -> Text {
    match args.get(index).map(|arg| &arg.data) {
        Some(Data::Str(text) | Data::Bytes(text)) => text.clone(),
        _ => Text::default(),
    }
}

/// The number that was given for an int parameter.
fn int(args: &[Val], index: usize) -> i64 {
    match args.get(index).map(|arg| &arg.data) {
        Some(Data::Int(int, _)) => *int,
        _ => 0,
    }
}

/// The map that was given for a map parameter; a new one for nil.
fn map(args: &[Val], index: usize) -> MapRef {
    match args.get(index).map(|arg| &arg.data) {
        Some(Data::Map(map, _)) => Rc::clone(map),
        _ => MapRef::new(Map::new().into()),
    }
}

/// The elements of a list of any type; `None` for what is no list.
fn items(val: &Val) -> Option<Vec<Val>> {
    match &val.data {
        Data::List(list) => Some(list.items.clone()),
        Data::Bytes(bytes) => {
            let bytes = bytes.bytes().iter();
            Some(bytes.map(|byte| Val::int(i64::from(*byte))).collect())
        }
        _ => None,
    }
}

/// Marks a value as one that differs from run to run.
pub(super) fn unknown_value(value: Val) -> Val {
    dates::noted(value, true)
}
