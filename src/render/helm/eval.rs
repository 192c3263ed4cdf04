//! Runs syntax trees: blocks, pipelines, operands.

use std::rc::Rc;
use std::sync::Arc;

use super::ast::{At, Command, Expr, ExprKind, Node, Number, Pipe};
use super::call::element;
use super::engine::{Engine, TemplateText};
use super::fault::{Fault, Res};
use super::format;
use super::objects::Object;
use super::text::{LITERAL, Piece, Text};
use super::value::{Data, ELEMENT, IntKind, Val};

/// How a list of nodes ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
}

impl Engine {
    pub(super) fn walk(&mut self, dot: &Val, nodes: &[Node]) -> Res<Flow> {
        for node in nodes {
            self.charge(1)?;
            match node {
                Node::Text(at) => self.text(*at)?,
                Node::Action(pipe) => {
                    let val = self.pipeline(dot, pipe)?;
                    if pipe.declare.is_empty() {
                        let printed = self.print(&val, pipe.at);
                        self.locate(printed, pipe.at)?;
                    }
                }
                Node::Branches {
                    with,
                    branches,
                    otherwise,
                } => {
                    let mark = self.variables.len();
                    let flow = self.branches(dot, *with, branches, otherwise)?;
                    self.variables.truncate(mark);
                    if flow != Flow::Next {
                        return Ok(flow);
                    }
                }
                Node::Range {
                    pipe,
                    body,
                    otherwise,
                } => {
                    let mark = self.variables.len();
                    let flow = self.range(dot, pipe, body, otherwise)?;
                    self.variables.truncate(mark);
                    if flow != Flow::Next {
                        return Ok(flow);
                    }
                }
                Node::Template { at, name, pipe } => {
                    let data = match pipe {
                        Some(pipe) => self.pipeline(dot, pipe)?,
                        None => Val::nil(),
                    };
                    let result = self.template(name, data, *at);
                    self.locate(result, *at)?;
                }
                Node::Break => return Ok(Flow::Break),
                Node::Continue => return Ok(Flow::Continue),
            }
        }
        Ok(Flow::Next)
    }

    fn text(&mut self, at: At) -> Res<()> {
        let current = Rc::clone(&self.current);
        let range = at.start as usize..at.end as usize;
        self.charge(range.len() / 8)?;
        match &current.text {
            TemplateText::File(_, text) => {
                let site = self.site(at);
                let piece = Piece {
                    site,
                    at: at.start,
                    flags: LITERAL,
                    ..Piece::PLAIN
                };
                let bytes = text.as_bytes().get(range).unwrap_or_default();
                self.out.push(bytes, piece);
            }
            TemplateText::Inline(text) => {
                let site = self.site(at);
                let part = text.slice(range);
                self.out.push_emitted(&part, site);
            }
        }
        self.check_size(self.out.len())
    }

    fn print(&mut self, val: &Val, at: At) -> Res<()> {
        let text = format::print_value(self, val)?;
        self.charge(text.len())?;
        let site = self.site(at);
        self.out.push_emitted(&text, site);
        self.check_size(self.out.len())
    }

    fn template(&mut self, name: &str, data: Val, at: At) -> Res<()> {
        let Some(template) = self.templates.get(name).cloned() else {
            return Err(Fault::error(format!("template {name:?} not defined")));
        };
        let before = self.enter(at);
        self.execute_here(template, data)?;
        self.chain = before;
        Ok(())
    }

    fn branches(
        &mut self,
        dot: &Val,
        with: bool,
        branches: &[(Pipe, Vec<Node>)],
        otherwise: &[Node],
    ) -> Res<Flow> {
        for (pipe, body) in branches {
            let val = self.pipeline(dot, pipe)?;
            if val.truth() {
                return self.walk(if with { &val } else { dot }, body);
            }
        }
        self.walk(dot, otherwise)
    }

    fn range(&mut self, dot: &Val, pipe: &Pipe, body: &[Node], otherwise: &[Node]) -> Res<Flow> {
        let val = self.pipeline(dot, pipe)?;
        let mark = self.variables.len();
        let mut count = 0_usize;
        let two = pipe.declare.len() > 1;
        let elements: Box<dyn Iterator<Item = (Val, Val)>> = match &val.data {
            Data::Nil => Box::new(std::iter::empty()),
            Data::List(list) => {
                let list = Rc::clone(list);
                Box::new((0..list.items.len()).filter_map(move |index| {
                    let item = list.items.get(index)?.clone();
                    Some((Val::size(index), element(item)))
                }))
            }
            Data::Map(map, _) => {
                let entries: Vec<(Val, Val)> = map
                    .borrow()
                    .iter()
                    .map(|(key, entry)| {
                        let key = Text::of(&**key, Piece::exact(entry.key));
                        (Val::from(key), element(entry.val.clone()))
                    })
                    .collect();
                Box::new(entries.into_iter())
            }
            Data::Int(number, kind) => {
                if two {
                    let message =
                        format!("can't use {number} to iterate over more than one variable");
                    return self.locate(Err(Fault::error(message)), pipe.at);
                }
                let kind = *kind;
                Box::new((0..(*number).max(0)).map(move |index| {
                    let val = Val::from(Data::Int(index, kind));
                    (Val::nil(), val)
                }))
            }
            Data::Object(object) => match &**object {
                Object::Files(files) => {
                    let entries: Vec<(Val, Val)> = files
                        .iter()
                        .map(|(name, text)| {
                            (Val::from(name.as_str()), Data::Bytes(text.clone()).into())
                        })
                        .collect();
                    Box::new(entries.into_iter())
                }
                _ => return self.no_range(&val, pipe.at),
            },
            Data::Bytes(bytes) => {
                let bytes = bytes.clone();
                Box::new((0..bytes.len()).filter_map(move |index| {
                    let byte = i64::from(*bytes.bytes().get(index)?);
                    let val = Val::from(Data::Int(byte, IntKind::Uint8));
                    Some((Val::size(index), val))
                }))
            }
            _ => return self.no_range(&val, pipe.at),
        };
        for (index, item) in elements {
            count += 1;
            if count > super::engine::MOST {
                return self.locate(
                    Err(Fault::limit("a range of more than a million elements")),
                    pipe.at,
                );
            }
            self.charge(1)?;
            match (pipe.declare.as_slice(), pipe.assign) {
                ([name], true) => self.set_variable(name, item.clone(), pipe.at)?,
                ([first, second], true) => {
                    self.set_variable(first, index, pipe.at)?;
                    self.set_variable(second, item.clone(), pipe.at)?;
                }
                ([_], false) => self.set_top(1, item.clone()),
                ([_, _], false) => {
                    self.set_top(1, item.clone());
                    self.set_top(2, index);
                }
                _ => {}
            }
            let flow = self.walk(&item, body)?;
            self.variables.truncate(mark);
            if flow == Flow::Break {
                break;
            }
        }
        if count == 0 {
            return self.walk(dot, otherwise);
        }
        Ok(Flow::Next)
    }

    fn no_range<T>(&mut self, val: &Val, at: At) -> Res<T> {
        let shown = format::show(self, val)?;
        let message = format!("range can't iterate over {}", shown.lossy());
        self.locate(Err(Fault::error(message)), at)
    }

    fn set_top(&mut self, from_top: usize, val: Val) {
        let index = self.variables.len().wrapping_sub(from_top);
        if let Some((_, slot)) = self.variables.get_mut(index) {
            *slot = val;
        }
    }

    fn set_variable(&mut self, name: &Arc<str>, val: Val, at: At) -> Res<()> {
        let slot = self
            .variables
            .iter_mut()
            .rev()
            .find(|(known, _)| known == name);
        let Some((_, slot)) = slot else {
            let fault = Fault::error(format!("undefined variable: {name}"));
            return self.locate(Err(fault), at);
        };
        *slot = val;
        Ok(())
    }

    fn variable(&self, name: &str) -> Val {
        let found = self
            .variables
            .iter()
            .rev()
            .find(|(known, _)| **known == *name);
        found.map_or_else(Val::nil, |(_, val)| val.clone())
    }

    /// The value of a pipeline; its variables are declared.
    pub(super) fn pipeline(&mut self, dot: &Val, pipe: &Pipe) -> Res<Val> {
        let mut value = None;
        for command in &pipe.commands {
            let mut next = self.command(dot, command, value)?;
            next.flags &= !ELEMENT;
            value = Some(next);
        }
        let value = value.unwrap_or_else(Val::nil);
        for name in &pipe.declare {
            if pipe.assign {
                self.set_variable(name, value.clone(), pipe.at)?;
            } else {
                self.variables.push((Arc::clone(name), value.clone()));
            }
        }
        Ok(value)
    }

    fn command(&mut self, dot: &Val, command: &Command, last: Option<Val>) -> Res<Val> {
        self.charge(1)?;
        let Some((first, args)) = command.args.split_first() else {
            return Ok(Val::nil());
        };
        match &first.kind {
            ExprKind::Field(names) => self.fields(dot, dot, names, first.at, args, last),
            ExprKind::Variable(name, names) if !names.is_empty() => {
                let val = self.variable(name);
                self.fields(dot, &val, names, first.at, args, last)
            }
            ExprKind::Chain(inner, names) => {
                let val = self.operand(dot, inner)?;
                self.fields(dot, &val, names, first.at, args, last)
            }
            ExprKind::Function(function) => {
                let at = At {
                    start: command.at.start,
                    end: command.at.end,
                };
                self.call(dot, function, args, last, at)
            }
            ExprKind::Nil => self.locate(Err(Fault::error("nil is not a command")), first.at),
            _ => {
                if !args.is_empty() || last.is_some() {
                    let fault = Fault::error("can't give argument to non-function");
                    return self.locate(Err(fault), first.at);
                }
                self.operand(dot, first)
            }
        }
    }

    /// The value of an operand that gets no arguments.
    pub(super) fn operand(&mut self, dot: &Val, expr: &Expr) -> Res<Val> {
        self.charge(1)?;
        Ok(match &expr.kind {
            ExprKind::Nil => Val::nil(),
            ExprKind::Dot => dot.clone(),
            ExprKind::Bool(value) => Val::from(*value),
            ExprKind::Str(bytes) => Text::of(&**bytes, Piece::PLAIN).into(),
            ExprKind::Number(number) => constant(*number),
            ExprKind::Field(names) => self.fields(dot, dot, names, expr.at, &[], None)?,
            ExprKind::Variable(name, names) => {
                let val = self.variable(name);
                self.fields(dot, &val, names, expr.at, &[], None)?
            }
            ExprKind::Function(function) => self.call(dot, function, &[], None, expr.at)?,
            ExprKind::Pipe(pipe) => self.pipeline(dot, pipe)?,
            ExprKind::Chain(inner, names) => {
                let val = self.operand(dot, inner)?;
                self.fields(dot, &val, names, expr.at, &[], None)?
            }
        })
    }
}

fn constant(number: Number) -> Val {
    match (number.int, number.float, number.written_as_float) {
        (Some(int), _, false) => Val::int(int),
        (_, Some(float), _) => Val::from(float),
        (Some(int), ..) => Val::int(int),
        (None, None, _) => Val::nil(),
    }
}
