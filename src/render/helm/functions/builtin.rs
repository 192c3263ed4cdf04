//! Functions of the template language itself.

use std::cmp::Ordering;

use super::super::engine::Engine;
use super::super::fault::{Fault, Res};
use super::super::format;
use super::super::objects::Object;
use super::super::printf;
use super::super::text::Text;
use super::super::value::{Data, IntKind, MapKind, Val};
use super::{Function, keep, new, text, val};

pub(super) static TABLE: [Function; 19] = [
    keep("and", "aa*", |_, args| Ok(val(args, 0))),
    keep("or", "aa*", |_, args| Ok(val(args, 0))),
    keep("not", "a", |_, args| Ok((!val(args, 0).truth()).into())),
    keep("eq", "aa*", |_, args| Ok(equal_any(args)?.into())),
    keep("ne", "aa", |_, args| {
        Ok((!equal(&val(args, 0), &val(args, 1))?).into())
    }),
    keep("lt", "aa", |_, args| {
        Ok((order(args)? == Some(Ordering::Less)).into())
    }),
    keep("le", "aa", |_, args| {
        let order = order(args)?;
        Ok(matches!(order, Some(Ordering::Less | Ordering::Equal)).into())
    }),
    keep("gt", "aa", |_, args| {
        Ok((order(args)? == Some(Ordering::Greater)).into())
    }),
    keep("ge", "aa", |_, args| {
        let order = order(args)?;
        Ok(matches!(order, Some(Ordering::Greater | Ordering::Equal)).into())
    }),
    new("len", "a", len),
    keep("index", "aa*", index),
    keep("print", "a*", |engine, args| {
        Ok(format::sprint(engine, args, false)?.into())
    }),
    keep("println", "a*", |engine, args| {
        Ok(format::sprint(engine, args, true)?.into())
    }),
    keep("printf", "sa*", |engine, args| {
        let rest = args.get(1..).unwrap_or_default();
        Ok(printf::printf(engine, &text(args, 0), rest)?.into())
    }),
    new("html", "a*", |engine, args| escape(engine, args, html)),
    new("js", "a*", |engine, args| escape(engine, args, js)),
    new("urlquery", "a*", |engine, args| escape(engine, args, query)),
    keep("call", "aa*", |_, args| {
        let message = if val(args, 0).is_nil() {
            "call of nil".to_owned()
        } else {
            format!("non-function of type {}", val(args, 0).type_name())
        };
        Err(Fault::error(message))
    }),
    keep("deepEqual", "aa", |_, args| {
        Ok(val(args, 0).deep_equal(&val(args, 1))?.into())
    }),
];

fn equal_any(args: &[Val]) -> Res<bool> {
    let Some((first, others)) = args.split_first() else {
        return Ok(false);
    };
    if others.is_empty() {
        return Err(Fault::error("missing argument for comparison"));
    }
    for other in others {
        if equal(first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn incompatible<T>(a: &Val, b: &Val) -> Res<T> {
    Err(Fault::error(format!(
        "incompatible types for comparison: {} and {}",
        a.type_name(),
        b.type_name()
    )))
}

fn equal(a: &Val, b: &Val) -> Res<bool> {
    Ok(match (&a.data, &b.data) {
        (Data::Bool(a), Data::Bool(b)) => a == b,
        (Data::Int(a, _), Data::Int(b, _)) => a == b,
        (Data::Float(a), Data::Float(b)) => a == b,
        (Data::Str(a), Data::Str(b)) => a == b,
        (Data::Nil, Data::Nil) => true,
        (Data::Nil, Data::List(list)) | (Data::List(list), Data::Nil) => list.nil,
        (Data::Nil, _) | (_, Data::Nil) => false,
        (Data::Object(a), Data::Object(b)) => std::rc::Rc::ptr_eq(a, b) || a.same(b),
        (Data::List(_), Data::List(_)) | (Data::Map(..), Data::Map(..)) => {
            return Err(Fault::error(format!(
                "non-comparable type {}",
                b.type_name()
            )));
        }
        _ => return incompatible(a, b),
    })
}

fn order(args: &[Val]) -> Res<Option<Ordering>> {
    let (a, b) = (val(args, 0), val(args, 1));
    Ok(match (&a.data, &b.data) {
        (Data::Int(a, _), Data::Int(b, _)) => Some(a.cmp(b)),
        (Data::Float(a), Data::Float(b)) => a.partial_cmp(b),
        (Data::Str(a), Data::Str(b)) => Some(a.bytes().cmp(b.bytes())),
        (Data::Nil | Data::List(_) | Data::Map(..) | Data::Object(_) | Data::Bool(_), _)
        | (_, Data::Nil | Data::List(_) | Data::Map(..) | Data::Object(_) | Data::Bool(_)) => {
            return Err(Fault::error("invalid type for comparison"));
        }
        _ => return incompatible(&a, &b),
    })
}

fn len(_: &mut Engine, args: &[Val]) -> Res<Val> {
    let arg = val(args, 0);
    Ok(Val::size(match &arg.data {
        Data::Str(text) | Data::Bytes(text) => text.len(),
        Data::List(list) => list.items.len(),
        Data::Map(map, _) => map.borrow().len(),
        Data::Object(object) => match &**object {
            Object::Files(files) => files.len(),
            _ => return Err(Fault::error(format!("len of type {}", arg.type_name()))),
        },
        Data::Nil => return Err(Fault::error("len of nil pointer")),
        _ => return Err(Fault::error(format!("len of type {}", arg.type_name()))),
    }))
}

fn index(_: &mut Engine, args: &[Val]) -> Res<Val> {
    let mut item = val(args, 0);
    for key in args.iter().skip(1) {
        item = index_one(&item, key)?;
    }
    Ok(item)
}

fn index_one(item: &Val, key: &Val) -> Res<Val> {
    let position = |len: usize| -> Res<usize> {
        match &key.data {
            Data::Int(index, _) => match usize::try_from(*index) {
                Ok(index) if index < len => Ok(index),
                _ => Err(Fault::error(format!("index out of range: {index}"))),
            },
            Data::Nil => Err(Fault::error("cannot index slice/array with nil")),
            _ => Err(Fault::error(format!(
                "cannot index slice/array with type {}",
                key.type_name()
            ))),
        }
    };
    let name = || -> Res<Text> {
        match &key.data {
            Data::Str(text) => Ok(text.clone()),
            Data::Nil => Err(Fault::error("value is nil; should be of type string")),
            _ => Err(Fault::error(format!(
                "value has type {}; should be string",
                key.type_name()
            ))),
        }
    };
    match &item.data {
        Data::Nil => Err(Fault::error("index of untyped nil")),
        Data::Str(text) => {
            let byte = text.bytes().get(position(text.len())?).copied();
            Ok(Data::Int(i64::from(byte.unwrap_or(0)), IntKind::Uint8).into())
        }
        Data::Bytes(text) => {
            let byte = text.bytes().get(position(text.len())?).copied();
            Ok(Data::Int(i64::from(byte.unwrap_or(0)), IntKind::Uint8).into())
        }
        Data::List(list) => {
            let index = position(list.items.len())?;
            Ok(val(&list.items, index))
        }
        Data::Map(map, kind) => {
            let found = map.borrow().get(name()?.bytes()).map(|e| e.val.clone());
            Ok(match found {
                Some(val) => val,
                None if matches!(kind, MapKind::Str | MapKind::NilStr) => "".into(),
                None => Val::nil(),
            })
        }
        Data::Object(object) => match &**object {
            Object::Files(files) => {
                let name = name()?;
                let file = files.get(&*name.lossy()).cloned();
                Ok(Data::Bytes(file.unwrap_or_default()).into())
            }
            _ => Err(Fault::error(format!(
                "can't index item of type {}",
                item.type_name()
            ))),
        },
        _ => Err(Fault::error(format!(
            "can't index item of type {}",
            item.type_name()
        ))),
    }
}

fn escape(engine: &mut Engine, args: &[Val], write: fn(&str) -> String) -> Res<Val> {
    let source = match args {
        [one] if one.is_nil() => Text::plain("<no value>"),
        _ => format::sprint(engine, args, false)?,
    };
    engine.check_size(source.len().saturating_mul(6))?;
    engine.charge(source.len())?;
    Ok(write(&source.lossy()).into())
}

fn html(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    for char in source.chars() {
        match char {
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\0' => out.push('\u{fffd}'),
            char => out.push(char),
        }
    }
    out
}

fn js(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    for char in source.chars() {
        match char {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '"' => out.push_str("\\\""),
            '<' => out.push_str("\\u003C"),
            '>' => out.push_str("\\u003E"),
            '&' => out.push_str("\\u0026"),
            '=' => out.push_str("\\u003D"),
            char if char < ' ' => {
                let code = u32::from(char);
                out.push_str(&format!("\\u{code:04X}"));
            }
            char => out.push(char),
        }
    }
    out
}

/// Escapes a part of a query as Go's `url.QueryEscape`.
pub(super) fn query(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    for byte in source.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
