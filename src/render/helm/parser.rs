//! Templates to syntax trees.

use std::sync::Arc;

use super::ast::{At, Body, Node, Parsed};
use super::fault::{Fault, Reason, Res};
use super::lexer::{Kind, Token, lex};
use super::strconv;

/// Nesting of blocks and parentheses.
const DEEPEST: usize = 1_000;

/// What is wrong with a template, and where.
#[derive(Debug, Clone)]
pub(super) struct ParseError {
    pub(super) at: u32,
    pub(super) reason: Reason,
    pub(super) message: String,
}

/// Parses a template.
pub(super) fn parse(text: &[u8]) -> Result<Parsed, ParseError> {
    let error = |at: u32, fault: &Fault| ParseError {
        at,
        reason: fault.reason,
        message: fault.message.clone(),
    };
    let tokens = lex(text).map_err(|(at, fault)| error(at, &fault))?;
    let mut parser = Parser {
        text,
        tokens,
        next: 0,
        variables: vec!["$".into()],
        depth: 0,
        loops: 0,
        defines: Vec::new(),
    };
    match parser.file() {
        Ok(main) => Ok(Parsed {
            main: Arc::new(Body { nodes: main }),
            defines: parser.defines,
        }),
        Err(fault) => {
            let index = parser.next.saturating_sub(1);
            let at = parser.tokens.get(index).map_or(0, |token| token.at.start);
            Err(error(at, &fault))
        }
    }
}

pub(super) struct Parser<'t> {
    text: &'t [u8],
    pub(super) tokens: Vec<Token>,
    pub(super) next: usize,
    /// The variables in scope.
    pub(super) variables: Vec<Arc<str>>,
    pub(super) depth: usize,
    /// The ranges around.
    loops: usize,
    defines: Vec<(Box<str>, Arc<Body>)>,
}

/// How a list of nodes ended.
enum Ended {
    End,
    Else,
    File,
}

pub(super) fn error<T>(message: impl Into<String>) -> Res<T> {
    Err(Fault::new(Reason::Parse, message))
}

pub(super) const END: Token = Token {
    kind: Kind::End,
    at: At { start: 0, end: 0 },
    spaced: false,
};

impl Parser<'_> {
    pub(super) fn peek(&self) -> Token {
        self.tokens.get(self.next).copied().unwrap_or(END)
    }

    pub(super) fn take(&mut self) -> Token {
        let token = self.peek();
        if self.next < self.tokens.len() {
            self.next += 1;
        }
        token
    }

    pub(super) fn source(&self, token: Token) -> &[u8] {
        self.text
            .get(token.at.start as usize..token.at.end as usize)
            .unwrap_or_default()
    }

    pub(super) fn word(&self, token: Token) -> String {
        String::from_utf8_lossy(self.source(token)).into_owned()
    }

    pub(super) fn unexpected<T>(&self, token: Token, context: &str) -> Res<T> {
        if token.kind == Kind::End {
            return error("unexpected EOF");
        }
        error(format!("unexpected {:?} in {context}", self.word(token)))
    }

    fn expect_right(&mut self, context: &str) -> Res<()> {
        let token = self.take();
        if token.kind == Kind::Right {
            return Ok(());
        }
        self.unexpected(token, context)
    }

    pub(super) fn deeper(&mut self) -> Res<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Fault::limit(
                "blocks and parentheses nest more than 1,000 levels deep",
            ));
        }
        Ok(())
    }

    fn file(&mut self) -> Res<Vec<Node>> {
        let mut nodes = Vec::new();
        match self.list(&mut nodes, true)? {
            Ended::File => Ok(nodes),
            Ended::End => error("unexpected {{end}}"),
            Ended::Else => error("unexpected {{else}}"),
        }
    }

    /// Nodes up to `{{end}}`, `{{else` (whose word is taken) or the end of the file.
    fn list(&mut self, nodes: &mut Vec<Node>, top: bool) -> Res<Ended> {
        loop {
            let token = self.take();
            match token.kind {
                Kind::Text => nodes.push(Node::Text(token.at)),
                Kind::End => return Ok(Ended::File),
                Kind::Left => {
                    let word = self.peek();
                    if word.kind != Kind::Word {
                        nodes.push(self.action()?);
                        continue;
                    }
                    match self.source(word) {
                        b"end" => {
                            self.take();
                            self.expect_right("end")?;
                            return Ok(Ended::End);
                        }
                        b"else" => {
                            self.take();
                            return Ok(Ended::Else);
                        }
                        b"define" => {
                            if !top {
                                self.take();
                                return error("unexpected {{define}}");
                            }
                            self.take();
                            self.define()?;
                        }
                        b"if" => self.keyword(nodes, |p| p.branches(false))?,
                        b"with" => self.keyword(nodes, |p| p.branches(true))?,
                        b"range" => self.keyword(nodes, Self::range)?,
                        b"block" => self.keyword(nodes, Self::block)?,
                        b"template" => self.keyword(nodes, Self::template)?,
                        b"break" => self.keyword(nodes, |p| p.jump(Node::Break, "break"))?,
                        b"continue" => {
                            self.keyword(nodes, |p| p.jump(Node::Continue, "continue"))?;
                        }
                        _ => nodes.push(self.action()?),
                    }
                }
                _ => return self.unexpected(token, "input"),
            }
        }
    }

    fn keyword(
        &mut self,
        nodes: &mut Vec<Node>,
        parse: impl FnOnce(&mut Self) -> Res<Node>,
    ) -> Res<()> {
        self.take();
        self.deeper()?;
        nodes.push(parse(self)?);
        self.depth -= 1;
        Ok(())
    }

    fn action(&mut self) -> Res<Node> {
        let pipe = self.pipeline("command", Kind::Right)?;
        Ok(Node::Action(pipe))
    }

    fn jump(&mut self, node: Node, name: &str) -> Res<Node> {
        self.expect_right(name)?;
        if self.loops == 0 {
            return error(format!("{{{{{name}}}}} outside {{{{range}}}}"));
        }
        Ok(node)
    }

    fn body(&mut self, nodes: &mut Vec<Node>) -> Res<bool> {
        match self.list(nodes, false)? {
            Ended::End => Ok(false),
            Ended::Else => Ok(true),
            Ended::File => error("unexpected EOF"),
        }
    }

    fn branches(&mut self, with: bool) -> Res<Node> {
        let name: &[u8] = if with { b"with" } else { b"if" };
        let context = if with { "with" } else { "if" };
        let variables = self.variables.len();
        let mut branches = Vec::new();
        let mut otherwise = Vec::new();
        loop {
            let pipe = self.pipeline(context, Kind::Right)?;
            let mut body = Vec::new();
            let more = self.body(&mut body)?;
            branches.push((pipe, body));
            if !more {
                break;
            }
            let token = self.peek();
            if token.kind == Kind::Word && self.source(token) == name {
                self.take();
                continue;
            }
            self.expect_right("else")?;
            if self.body(&mut otherwise)? {
                return error("expected end; found {{else}}");
            }
            break;
        }
        self.variables.truncate(variables);
        Ok(Node::Branches {
            with,
            branches,
            otherwise,
        })
    }

    fn range(&mut self) -> Res<Node> {
        let variables = self.variables.len();
        let pipe = self.pipeline("range", Kind::Right)?;
        let mut body = Vec::new();
        let mut otherwise = Vec::new();
        self.loops += 1;
        let more = self.body(&mut body)?;
        self.loops -= 1;
        if more {
            self.expect_right("else")?;
            if self.body(&mut otherwise)? {
                return error("expected end; found {{else}}");
            }
        }
        self.variables.truncate(variables);
        Ok(Node::Range {
            pipe,
            body,
            otherwise,
        })
    }

    fn name(&mut self, context: &str) -> Res<(Box<str>, At)> {
        let token = self.take();
        match token.kind {
            Kind::Str | Kind::Raw => {
                let bytes = self.string(token)?;
                Ok((String::from_utf8_lossy(&bytes).into(), token.at))
            }
            _ => self.unexpected(token, context),
        }
    }

    pub(super) fn string(&self, token: Token) -> Res<Vec<u8>> {
        match strconv::unquote(self.source(token)) {
            Some(bytes) => Ok(bytes),
            None => error("invalid syntax in a string"),
        }
    }

    fn define(&mut self) -> Res<()> {
        let (name, _) = self.name("define clause")?;
        self.expect_right("define clause")?;
        self.definition(name)
    }

    /// The body of a `define` or a `block`, in a scope of its own.
    fn definition(&mut self, name: Box<str>) -> Res<()> {
        let variables = std::mem::replace(&mut self.variables, vec!["$".into()]);
        let loops = std::mem::take(&mut self.loops);
        let mut nodes = Vec::new();
        match self.list(&mut nodes, false)? {
            Ended::End => {}
            Ended::Else => return error("unexpected {{else}} in define clause"),
            Ended::File => return error("unexpected EOF"),
        }
        self.variables = variables;
        self.loops = loops;
        let body = Arc::new(Body { nodes });
        let Some(known) = self.defines.iter_mut().find(|(other, _)| *other == name) else {
            self.defines.push((name, body));
            return Ok(());
        };
        if known.1.is_blank(self.text) {
            known.1 = body;
        } else if !body.is_blank(self.text) {
            return error(format!("multiple definition of template {name:?}"));
        }
        Ok(())
    }

    fn block(&mut self) -> Res<Node> {
        let (name, at) = self.name("block clause")?;
        let pipe = self.pipeline("block clause", Kind::Right)?;
        self.definition(name.clone())?;
        Ok(Node::Template {
            at,
            name,
            pipe: Some(pipe),
        })
    }

    fn template(&mut self) -> Res<Node> {
        let (name, at) = self.name("template clause")?;
        let pipe = if self.peek().kind == Kind::Right {
            self.take();
            None
        } else {
            Some(self.pipeline("template clause", Kind::Right)?)
        };
        Ok(Node::Template { at, name, pipe })
    }
}
