//! Pipelines, commands and operands to syntax trees.

use std::sync::Arc;

use super::ast::{At, Command, Expr, ExprKind, Pipe};
use super::fault::Res;
use super::functions;
use super::lexer::{Kind, Token};
use super::parser::{END, Parser, error};
use super::strconv;

impl Parser<'_> {
    /// A pipeline and the token that ends it.
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Res<Pipe> {
        let start = self.peek().at.start;
        let mut pipe = Pipe {
            at: At { start, end: start },
            declare: Vec::new(),
            assign: false,
            commands: Vec::new(),
        };
        self.declarations(&mut pipe, context)?;
        loop {
            let token = self.peek();
            if token.kind == end {
                self.take();
                break;
            }
            match token.kind {
                Kind::Char
                | Kind::Dot
                | Kind::Field
                | Kind::Number
                | Kind::Raw
                | Kind::Str
                | Kind::Variable
                | Kind::Word
                | Kind::LeftParen => {
                    let command = self.command()?;
                    pipe.commands.push(command);
                }
                _ => {
                    self.take();
                    return self.unexpected(token, context);
                }
            }
        }
        if pipe.commands.is_empty() {
            return error(format!("missing value for {context}"));
        }
        for (index, command) in pipe.commands.iter().enumerate().skip(1) {
            let first = command.args.first().map(|expr| &expr.kind);
            if matches!(
                first,
                Some(
                    ExprKind::Bool(_)
                        | ExprKind::Dot
                        | ExprKind::Nil
                        | ExprKind::Number(_)
                        | ExprKind::Str(_)
                )
            ) {
                return error(format!(
                    "non executable command in pipeline stage {}",
                    index + 1
                ));
            }
        }
        pipe.at.end = pipe.commands.last().map_or(start, |last| last.at.end);
        Ok(pipe)
    }

    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Res<()> {
        while self.peek().kind == Kind::Variable {
            let token = self.peek();
            let after = self.tokens.get(self.next + 1).copied().unwrap_or(END);
            match after.kind {
                Kind::Assign | Kind::Declare => {
                    self.next += 2;
                    pipe.assign = after.kind == Kind::Assign;
                    self.declare(pipe, token);
                    return Ok(());
                }
                Kind::Comma => {
                    self.next += 2;
                    self.declare(pipe, token);
                    if context != "range" || pipe.declare.len() > 1 {
                        return error(format!("too many declarations in {context}"));
                    }
                    if self.peek().kind != Kind::Variable {
                        return error("range can only initialize variables");
                    }
                }
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    fn declare(&mut self, pipe: &mut Pipe, token: Token) {
        let name: Arc<str> = self.word(token).into();
        self.variables.push(name.clone());
        pipe.declare.push(name);
    }

    fn command(&mut self) -> Res<Command> {
        let start = self.peek().at.start;
        let mut args: Vec<Expr> = Vec::new();
        loop {
            if let Some(operand) = self.operand()? {
                args.push(operand);
            }
            let token = self.peek();
            match token.kind {
                Kind::Right | Kind::RightParen => break,
                Kind::Pipe => {
                    self.take();
                    break;
                }
                Kind::Comma | Kind::Assign | Kind::Declare | Kind::End => {
                    self.take();
                    return self.unexpected(token, "operand");
                }
                _ if token.spaced => {}
                _ => {
                    self.take();
                    return self.unexpected(token, "operand");
                }
            }
        }
        let Some(last) = args.last() else {
            return error("empty command");
        };
        let end = last.at.end;
        Ok(Command {
            at: At { start, end },
            args,
        })
    }

    fn operand(&mut self) -> Res<Option<Expr>> {
        let Some(mut expr) = self.term()? else {
            return Ok(None);
        };
        let mut fields = Vec::new();
        while self.peek().kind == Kind::Field && !self.peek().spaced {
            let token = self.take();
            expr.at.end = token.at.end;
            fields.push(self.field(token));
        }
        if fields.is_empty() {
            return Ok(Some(expr));
        }
        let at = expr.at;
        let kind = match expr.kind {
            ExprKind::Field(mut first) => {
                first.append(&mut fields);
                ExprKind::Field(first)
            }
            ExprKind::Variable(name, mut first) => {
                first.append(&mut fields);
                ExprKind::Variable(name, first)
            }
            ExprKind::Pipe(_) | ExprKind::Function(_) => ExprKind::Chain(Box::new(expr), fields),
            _ => return error("unexpected . after a constant"),
        };
        Ok(Some(Expr { at, kind }))
    }

    fn field(&self, token: Token) -> Box<str> {
        let source = self.source(token);
        String::from_utf8_lossy(source.get(1..).unwrap_or_default()).into()
    }

    fn term(&mut self) -> Res<Option<Expr>> {
        let token = self.peek();
        let kind = match token.kind {
            Kind::Word => {
                self.take();
                match self.source(token) {
                    b"true" => ExprKind::Bool(true),
                    b"false" => ExprKind::Bool(false),
                    b"nil" => ExprKind::Nil,
                    b"if" | b"else" | b"end" | b"range" | b"with" | b"define" | b"block"
                    | b"template" | b"break" | b"continue" => {
                        return self.unexpected(token, "operand");
                    }
                    _ => {
                        let name = self.word(token);
                        match functions::find(&name) {
                            Some(function) => ExprKind::Function(function),
                            None => return error(format!("function {name:?} not defined")),
                        }
                    }
                }
            }
            Kind::Dot => {
                self.take();
                ExprKind::Dot
            }
            Kind::Variable => {
                self.take();
                let name = self.word(token);
                if !self.variables.iter().any(|known| **known == *name) {
                    return error(format!("undefined variable {name:?}"));
                }
                ExprKind::Variable(name.into(), Vec::new())
            }
            Kind::Field => {
                self.take();
                ExprKind::Field(vec![self.field(token)])
            }
            Kind::Number | Kind::Char => {
                self.take();
                match strconv::number(self.source(token)) {
                    Some(number) => ExprKind::Number(number),
                    None => return error(format!("bad number syntax: {:?}", self.word(token))),
                }
            }
            Kind::Str | Kind::Raw => {
                self.take();
                ExprKind::Str(self.string(token)?.into())
            }
            Kind::LeftParen => {
                self.take();
                self.deeper()?;
                let pipe = self.pipeline("parenthesized pipeline", Kind::RightParen)?;
                self.depth -= 1;
                let last = self.tokens.get(self.next.saturating_sub(1));
                let at = At {
                    start: token.at.start,
                    end: last.map_or(token.at.end, |token| token.at.end),
                };
                return Ok(Some(Expr {
                    at,
                    kind: ExprKind::Pipe(Box::new(pipe)),
                }));
            }
            _ => return Ok(None),
        };
        Ok(Some(Expr { at: token.at, kind }))
    }
}
