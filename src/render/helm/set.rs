//! `--set`: values written on one line.

use std::rc::Rc;

use super::coalesce::{table, wrap};
use super::text::{OriginId, Piece, Text};
use super::track::Tracker;
use super::value::{Entry, MapRef, Val, key};
use crate::render::{Place, SourceId, What};
use crate::yaml::Span;

/// The greatest index of a list.
const MOST: usize = 65_536;
/// Names within names.
const DEEPEST: usize = 30;

/// Where the values of an expression are said to stand.
#[derive(Debug, Clone, Copy)]
pub(super) enum At {
    /// In the expression, which is a source of its own.
    Expression(SourceId),
    /// In another place altogether.
    Elsewhere(Place, What),
}

/// Sets what an expression says in a table. The error is where it is wrong, and how.
pub(super) fn apply(
    tracker: &mut Tracker,
    expression: &str,
    at: At,
    strings: bool,
    into: &MapRef,
) -> Result<(), (Span, String)> {
    let mut parser = Parser {
        tracker,
        text: expression,
        pos: 0,
        at,
        strings,
    };
    let result = parser.all(into);
    result.map_err(|message| {
        let pos = super::text::offset(parser.pos.min(expression.len()));
        let span = Span {
            start: pos,
            end: pos,
        };
        (span, message)
    })
}

struct Parser<'t> {
    tracker: &'t mut Tracker,
    text: &'t str,
    pos: usize,
    at: At,
    strings: bool,
}

type Parsed<T> = Result<T, String>;

/// What was read up to a stop, with its span; and the stop, unless the text ended.
struct Run {
    text: String,
    span: Span,
    stop: Option<char>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.pos..)?.chars().next()
    }

    fn until(&mut self, stops: &str) -> Run {
        let start = self.pos;
        let mut text = String::new();
        while let Some(char) = self.peek() {
            let at = self.pos;
            self.pos += char.len_utf8();
            if stops.contains(char) {
                return self.run(text, start, at, Some(char));
            }
            if char == '\\' {
                if let Some(next) = self.peek() {
                    text.push(next);
                    self.pos += next.len_utf8();
                }
                continue;
            }
            text.push(char);
        }
        self.run(text, start, self.pos, None)
    }

    #[expect(clippy::unused_self, reason = "part of the reader")]
    fn run(&self, text: String, start: usize, end: usize, stop: Option<char>) -> Run {
        let span = Span {
            start: super::text::offset(start),
            end: super::text::offset(end),
        };
        Run { text, span, stop }
    }

    fn all(&mut self, into: &MapRef) -> Parsed<()> {
        while self.pos < self.text.len() {
            self.key(into, 0)?;
        }
        Ok(())
    }

    fn key(&mut self, into: &MapRef, depth: usize) -> Parsed<()> {
        let name = self.until("=[,.");
        match name.stop {
            None if name.text.is_empty() => Ok(()),
            None => Err(format!("key {:?} has no value", name.text)),
            Some('[') => {
                let index = self.index()?;
                let there = into
                    .borrow()
                    .get(name.text.as_bytes())
                    .map(|e| e.val.clone());
                let list = match there {
                    None => Vec::new(),
                    Some(val) => match val.as_items() {
                        Some(items) => items.to_vec(),
                        None => return Err(format!("{:?} is no list", name.text)),
                    },
                };
                let list = self.item(list, index, depth)?;
                self.set(into, &name, list);
                Ok(())
            }
            Some('=') => {
                let val = self.value()?;
                self.set(into, &name, val);
                Ok(())
            }
            Some('.') => {
                if depth + 1 > DEEPEST {
                    return Err(format!("value names nest more than {DEEPEST} levels deep"));
                }
                let there = into
                    .borrow()
                    .get(name.text.as_bytes())
                    .map(|e| e.val.clone());
                let inner = match there {
                    None => table(),
                    Some(val) => match val.as_map() {
                        Some(map) => Rc::clone(map),
                        None => return Err(format!("{:?} is no table", name.text)),
                    },
                };
                self.key(&inner, depth + 1)?;
                if inner.borrow().is_empty() {
                    return Err(format!("key map {:?} has no value", name.text));
                }
                self.set(into, &name, wrap(&inner));
                Ok(())
            }
            Some(_) => Err(format!(
                "key {:?} has no value (cannot end with ,)",
                name.text
            )),
        }
    }

    fn set(&mut self, into: &MapRef, name: &Run, val: Val) {
        if name.text.is_empty() {
            return;
        }
        let entry = Entry {
            key: self.origin(name.span, &name.text),
            val,
        };
        into.borrow_mut().insert(key(&name.text), entry);
    }

    fn origin(&mut self, span: Span, text: &str) -> OriginId {
        match self.at {
            At::Expression(source) => {
                let place = Place { source, span };
                self.tracker.node(place, What::Values, Some(text))
            }
            At::Elsewhere(place, what) => self.tracker.node(place, what, Some(text)),
        }
    }

    fn index(&mut self) -> Parsed<usize> {
        let digits = self.until("]");
        if digits.stop.is_none() {
            return Err("an index must end with ]".to_owned());
        }
        let Ok(index) = digits.text.parse::<i64>() else {
            return Err(format!(
                "error parsing index: {:?} is no number",
                digits.text
            ));
        };
        match usize::try_from(index) {
            Err(_) => Err(format!("negative {index} index not allowed")),
            Ok(index) if index > MOST => Err(format!(
                "index of {index} is greater than maximum supported index of {MOST}"
            )),
            Ok(index) => Ok(index),
        }
    }

    /// What follows an index.
    fn item(&mut self, mut list: Vec<Val>, index: usize, depth: usize) -> Parsed<Val> {
        if depth > DEEPEST {
            return Err(format!("value names nest more than {DEEPEST} levels deep"));
        }
        let before = self.until("[.=");
        if !before.text.is_empty() {
            return Err(format!(
                "unexpected data at end of array index: {:?}",
                before.text
            ));
        }
        let val = match before.stop {
            None => return as_list(list),
            Some('=') => self.value()?,
            Some('[') => {
                let next = self.index()?;
                let inner = match list.get(index) {
                    Some(val) => val.as_items().map(<[Val]>::to_vec).unwrap_or_default(),
                    None => Vec::new(),
                };
                self.item(inner, next, depth + 1)?
            }
            Some(_) => {
                let inner = list
                    .get(index)
                    .and_then(Val::as_map)
                    .map_or_else(table, Rc::clone);
                self.key(&inner, depth + 1)?;
                wrap(&inner)
            }
        };
        while list.len() <= index {
            list.push(Val::nil());
        }
        if let Some(slot) = list.get_mut(index) {
            *slot = val;
        }
        as_list(list)
    }

    /// What follows an equals sign: a list in braces, or a scalar.
    fn value(&mut self) -> Parsed<Val> {
        if self.peek() != Some('{') {
            let run = self.until(",");
            return Ok(self.scalar(&run));
        }
        self.pos += 1;
        let mut list = Vec::new();
        loop {
            let run = self.until(",}");
            match run.stop {
                None => return Err("list must terminate with '}'".to_owned()),
                Some('}') => {
                    list.push(self.scalar(&run));
                    if self.peek() == Some(',') {
                        self.pos += 1;
                    }
                    return as_list(list);
                }
                Some(_) => list.push(self.scalar(&run)),
            }
        }
    }

    fn scalar(&mut self, run: &Run) -> Val {
        let text = run.text.as_str();
        let origin = self.origin(run.span, text);
        let typed = if self.strings { None } else { typed(text) };
        match typed {
            Some(val) => val.with_origin(origin),
            None => Text::of(text.as_bytes(), Piece::exact(origin)).into(),
        }
    }
}

/// What a text stands for that is no string.
fn typed(text: &str) -> Option<Val> {
    if text.eq_ignore_ascii_case("true") {
        return Some(true.into());
    }
    if text.eq_ignore_ascii_case("false") {
        return Some(false.into());
    }
    if text.eq_ignore_ascii_case("null") {
        return Some(Val::nil());
    }
    if text == "0" {
        return Some(Val::int64(0));
    }
    if text.starts_with('0') {
        return None;
    }
    text.parse().ok().map(Val::int64)
}

fn as_list(items: Vec<Val>) -> Parsed<Val> {
    Val::list(items).map_err(|fault| fault.message.clone())
}
