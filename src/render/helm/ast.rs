//! The syntax tree of a template. Positions are byte offsets in its text.

use std::sync::Arc;

use super::functions::Function;

/// The bytes of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct At {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// What a file or a text given to `tpl` holds.
#[derive(Debug)]
pub(super) struct Parsed {
    /// The text outside of any `define`.
    pub(super) main: Arc<Body>,
    /// The templates that it defines, in order.
    pub(super) defines: Vec<(Box<str>, Arc<Body>)>,
}

/// A list of nodes that can be executed by name.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) nodes: Vec<Node>,
}

impl Body {
    /// Whether nothing but white space is in it.
    pub(super) fn is_blank(&self, text: &[u8]) -> bool {
        self.nodes.iter().all(|node| match node {
            Node::Text(at) => text
                .get(at.start as usize..at.end as usize)
                .unwrap_or_default()
                .iter()
                .all(u8::is_ascii_whitespace),
            _ => false,
        })
    }
}

#[derive(Debug)]
pub(super) enum Node {
    Text(At),
    Action(Pipe),
    /// `if` or `with` and its `else if` or `else with` branches.
    Branches {
        with: bool,
        branches: Vec<(Pipe, Vec<Node>)>,
        otherwise: Vec<Node>,
    },
    Range {
        pipe: Pipe,
        body: Vec<Node>,
        otherwise: Vec<Node>,
    },
    Template {
        at: At,
        name: Box<str>,
        pipe: Option<Pipe>,
    },
    Break,
    Continue,
}

#[derive(Debug)]
pub(super) struct Pipe {
    pub(super) at: At,
    pub(super) declare: Vec<Arc<str>>,
    /// `=` instead of `:=`.
    pub(super) assign: bool,
    pub(super) commands: Vec<Command>,
}

#[derive(Debug)]
pub(super) struct Command {
    pub(super) at: At,
    pub(super) args: Vec<Expr>,
}

#[derive(Debug)]
pub(super) struct Expr {
    pub(super) at: At,
    pub(super) kind: ExprKind,
}

#[derive(Debug)]
pub(super) enum ExprKind {
    Nil,
    Dot,
    Bool(bool),
    /// A string and whether its text stands in the template as it is.
    Str(Box<[u8]>),
    Number(Number),
    /// `.a.b`, fields of dot.
    Field(Vec<Box<str>>),
    /// `$x.a.b`.
    Variable(Arc<str>, Vec<Box<str>>),
    Function(&'static Function),
    Pipe(Box<Pipe>),
    /// `(…).a.b`.
    Chain(Box<Expr>, Vec<Box<str>>),
}

/// A numeric constant: what it is as each kind that can hold it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number {
    pub(super) int: Option<i64>,
    pub(super) float: Option<f64>,
    /// Written as a float, so that it is one where any type will do.
    pub(super) written_as_float: bool,
}
