//! The state of one rendering: templates by name, limits, and the calls from template to
//! template.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::ast::{At, Body, Parsed};
use super::eval::Flow;
use super::fault::{Fault, Reason, Res};
use super::parser;
use super::text::{LITERAL, SiteId, Text, TextBuilder, offset};
use super::track::{ChainId, Source, Tracker};
use super::value::{MapRef, Val};
use crate::render::{Place, SourceId};
use crate::yaml::Span;

/// Nodes evaluated and bytes written in one rendering.
const STEPS: u64 = 50_000_000;
/// Activations of templates within each other.
const DEEPEST: usize = 1_000;
/// The longest string, in bytes.
pub(super) const LONGEST: usize = 16 * 1024 * 1024;
/// The longest list.
pub(super) const MOST: usize = 1_000_000;
/// The longest text given to `tpl`, in bytes.
const TPL_LONGEST: usize = 1024 * 1024;
/// Texts that one rendering parses.
const TPL_MOST: usize = 100_000;

/// Where the text of a template stands.
#[derive(Debug, Clone)]
pub(super) enum TemplateText {
    /// A file of a chart.
    File(SourceId, Arc<str>),
    /// A text given to `tpl`.
    Inline(Text),
}

/// A template that can be executed by name.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) text: TemplateText,
    pub(super) body: Arc<Body>,
}

impl TemplateText {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::File(_, text) => text.as_bytes(),
            Self::Inline(text) => text.bytes(),
        }
    }
}

/// The state of one rendering.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) tracker: Tracker,
    steps: u64,
    pub(super) templates: FxHashMap<Box<str>, Rc<Template>>,
    pub(super) out: TextBuilder,
    pub(super) variables: Vec<(Arc<str>, Val)>,
    pub(super) current: Rc<Template>,
    pub(super) chain: ChainId,
    depth: usize,
    /// The function call that is evaluated.
    pub(super) call: At,
    tpl_cache: FxHashMap<Box<[u8]>, Rc<Parsed>>,
    tpl_parses: usize,
    /// Maps that changed, emptied in the end since they may hold themselves.
    mutated: Vec<MapRef>,
    pub(super) regexes: FxHashMap<Box<[u8]>, Result<regex::bytes::Regex, String>>,
    /// Calls of functions that give random values.
    pub(super) random_calls: u64,
    pub(super) derived: FxHashMap<Vec<Vec<u8>>, String>,
    /// Templates that files define, before they are ordered: file, name, template.
    pub(super) pending: Vec<(String, Box<str>, Rc<Template>)>,
    /// Keys that are not there are errors, not nil.
    pub(super) strict: bool,
    /// Bytes rendered.
    pub(super) total: usize,
    /// API versions that templates asked for and that are not there.
    pub(super) absent_versions: BTreeSet<String>,
}

impl Engine {
    pub(super) fn new(tracker: Tracker) -> Self {
        let nothing = Template {
            text: TemplateText::Inline(Text::default()),
            body: Arc::new(Body { nodes: Vec::new() }),
        };
        Self {
            tracker,
            steps: 0,
            templates: FxHashMap::default(),
            out: TextBuilder::default(),
            variables: Vec::new(),
            current: Rc::new(nothing),
            chain: ChainId::default(),
            depth: 0,
            call: At::default(),
            tpl_cache: FxHashMap::default(),
            tpl_parses: 0,
            mutated: Vec::new(),
            regexes: FxHashMap::default(),
            random_calls: 0,
            derived: FxHashMap::default(),
            pending: Vec::new(),
            strict: false,
            total: 0,
            absent_versions: BTreeSet::new(),
        }
    }

    /// Counts work, and refuses too much of it.
    pub(super) fn charge(&mut self, steps: usize) -> Res<()> {
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps > STEPS {
            return Err(Fault::limit(
                "the chart takes more than 50 million steps to render",
            ));
        }
        Ok(())
    }

    /// Counts the elements of a list, and refuses a long one.
    pub(super) fn charge_list(&mut self, len: usize) -> Res<()> {
        if len > MOST {
            return Err(Fault::limit("a list of more than a million elements"));
        }
        self.charge(len.saturating_mul(4))
    }

    /// Refuses a string that would grow too long.
    #[expect(clippy::unused_self, reason = "reads like its siblings")]
    pub(super) fn check_size(&self, len: usize) -> Res<()> {
        if len > LONGEST {
            return Err(Fault::limit("a text of more than 16 MiB"));
        }
        Ok(())
    }

    /// Remembers that a map changes.
    pub(super) fn mutates(&mut self, map: &MapRef) -> Res<()> {
        self.charge(4)?;
        if !self
            .mutated
            .iter()
            .rev()
            .take(8)
            .any(|known| Rc::ptr_eq(known, map))
        {
            self.mutated.push(Rc::clone(map));
        }
        Ok(())
    }

    /// Lets go of maps that may hold themselves.
    pub(super) fn release(&mut self) {
        self.variables.clear();
        for map in std::mem::take(&mut self.mutated) {
            let old = std::mem::take(&mut *map.borrow_mut());
            drop(old);
        }
    }

    /// The place of a node of the template that runs.
    pub(super) fn place(&self, at: At) -> Place {
        self.place_of(&self.current.text, at)
    }

    pub(super) fn place_of(&self, text: &TemplateText, at: At) -> Place {
        match text {
            TemplateText::File(source, _) => Place {
                source: *source,
                span: Span {
                    start: at.start,
                    end: at.end,
                },
            },
            TemplateText::Inline(text) => {
                let len = at.end.saturating_sub(at.start) as usize;
                self.place_inside(text, at.start as usize, len)
                    .unwrap_or(Place {
                        source: SourceId(u32::MAX),
                        span: Span::default(),
                    })
            }
        }
    }

    /// Where a part of a text stands: inside the scalar that it is, if that is written as it is.
    fn place_inside(&self, text: &Text, at: usize, len: usize) -> Option<Place> {
        let (start, piece) = text.piece_at(at)?;
        let inside = at.saturating_sub(start);
        let place = self.tracker.place_in(piece, inside, len)?;
        if piece.flags & LITERAL != 0 {
            return Some(place);
        }
        let Some(Source::Node {
            text: Some(whole), ..
        }) = self.tracker.origin(piece.origin)
        else {
            return Some(place);
        };
        let written = place.span.end.saturating_sub(place.span.start) as usize;
        let quotes = written.checked_sub(whole.len());
        let is_whole = piece.end as usize - start == whole.len();
        let lead = match quotes {
            Some(0) if is_whole => 0,
            Some(2) if is_whole => 1,
            _ => return Some(place),
        };
        let start = place.span.start + offset(inside) + lead;
        Some(Place {
            source: place.source,
            span: Span {
                start,
                end: (start + offset(len)).min(place.span.end),
            },
        })
    }

    pub(super) fn site(&mut self, at: At) -> SiteId {
        let place = self.place(at);
        self.tracker.site(place, self.chain)
    }

    /// Gives a fault its place, if it has none.
    pub(super) fn locate<T>(&self, result: Res<T>, at: At) -> Res<T> {
        result.map_err(|mut fault| {
            if fault.place.is_none() {
                fault.place = Some(self.place(at));
                fault.chain = self.chain;
            }
            fault
        })
    }

    /// Runs a template into a text of its own.
    pub(super) fn execute(&mut self, template: Rc<Template>, dot: Val) -> Res<Text> {
        let out = std::mem::take(&mut self.out);
        self.execute_here(template, dot)?;
        let text = std::mem::replace(&mut self.out, out).finish();
        Ok(text)
    }

    /// Runs a template into the text that is written.
    pub(super) fn execute_here(&mut self, template: Rc<Template>, dot: Val) -> Res<()> {
        if self.depth >= DEEPEST {
            return Err(Fault::limit(
                "templates call each other more than 1,000 levels deep",
            ));
        }
        self.depth += 1;
        let variables = std::mem::replace(&mut self.variables, vec![("$".into(), dot.clone())]);
        let before = std::mem::replace(&mut self.current, Rc::clone(&template));
        let body = Arc::clone(&template.body);
        let flow = self.walk(&dot, &body.nodes)?;
        debug_assert!(matches!(flow, Flow::Next));
        self.current = before;
        self.variables = variables;
        self.depth -= 1;
        Ok(())
    }

    /// Enters a call from the action or function call at `at`.
    pub(super) fn enter(&mut self, at: At) -> ChainId {
        let place = self.place(at);
        let before = self.chain;
        self.chain = self.tracker.call(place, before);
        before
    }

    /// The output of the template `name`.
    pub(super) fn include(&mut self, name: &str, dot: Val) -> Res<Text> {
        let Some(template) = self.templates.get(name).cloned() else {
            return Err(Fault::error(format!("template {name:?} not defined")));
        };
        let before = self.enter(self.call);
        let text = self.execute(template, dot)?;
        self.chain = before;
        Ok(text)
    }

    /// Parses a text and runs it, with all templates in scope.
    pub(super) fn tpl(&mut self, text: &Text, dot: Val) -> Res<Text> {
        if text.len() > TPL_LONGEST {
            return Err(Fault::limit("a text of more than 1 MiB given to tpl"));
        }
        if super::lexer::find(text.bytes(), b"{{").is_none() {
            self.charge(text.len())?;
            return Ok(without_no_value(text));
        }
        let parsed = self.parse_inline(text)?;
        let text = TemplateText::Inline(text.clone());
        let mut shadowed = Vec::new();
        for (name, body) in &parsed.defines {
            let template = Rc::new(Template {
                text: text.clone(),
                body: Arc::clone(body),
            });
            shadowed.push((name.clone(), self.define(name, template)));
        }
        let template = Rc::new(Template {
            text,
            body: Arc::clone(&parsed.main),
        });
        let before = self.enter(self.call);
        let output = self.execute(template, dot)?;
        self.chain = before;
        for (name, old) in shadowed.into_iter().rev() {
            match old {
                Some(Some(old)) => {
                    self.templates.insert(name, old);
                }
                Some(None) => {
                    self.templates.remove(&name);
                }
                None => {}
            }
        }
        Ok(without_no_value(&output))
    }

    /// Defines a template: one of white space never replaces another. What was there before, if
    /// it was replaced.
    pub(super) fn define(
        &mut self,
        name: &str,
        template: Rc<Template>,
    ) -> Option<Option<Rc<Template>>> {
        if template.body.is_blank(template.text.bytes()) && self.templates.contains_key(name) {
            return None;
        }
        Some(self.templates.insert(name.into(), template))
    }

    fn parse_inline(&mut self, text: &Text) -> Res<Rc<Parsed>> {
        if let Some(known) = self.tpl_cache.get(text.bytes()) {
            return Ok(Rc::clone(known));
        }
        self.tpl_parses += 1;
        if self.tpl_parses > TPL_MOST {
            return Err(Fault::limit("more than 100,000 texts given to tpl"));
        }
        self.charge(text.len())?;
        match parser::parse(text.bytes()) {
            Ok(parsed) => {
                let parsed = Rc::new(parsed);
                self.tpl_cache
                    .insert(text.bytes().into(), Rc::clone(&parsed));
                Ok(parsed)
            }
            Err(error) => {
                let at = At {
                    start: error.at,
                    end: error.at,
                };
                let message = format!("a text given to tpl is no template: {}", error.message);
                let mut fault = Fault::new(Reason::Parse, message);
                let inline = TemplateText::Inline(text.clone());
                let place = self.place_of(&inline, at);
                if place.source != SourceId(u32::MAX) {
                    fault.place = Some(place);
                    fault.chain = self.chain;
                }
                Err(fault)
            }
        }
    }
}

/// The text without `<no value>`, which Helm takes out wherever it came from.
pub(super) fn without_no_value(text: &Text) -> Text {
    const NO_VALUE: &[u8] = b"<no value>";
    if super::lexer::find(text.bytes(), NO_VALUE).is_none() {
        return text.clone();
    }
    let mut out = TextBuilder::default();
    let mut at = 0;
    while let Some(found) = super::lexer::find(text.bytes().get(at..).unwrap_or_default(), NO_VALUE)
    {
        out.push_slice(text, at..at + found);
        if let Some((_, piece)) = text.piece_at(at + found) {
            out.push(b"", piece);
        }
        at += found + NO_VALUE.len();
    }
    out.push_slice(text, at..text.len());
    out.finish()
}
