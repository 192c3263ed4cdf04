//! Functions on strings that keep the parts of their arguments.

use super::super::engine::Engine;
use super::super::fault::{Fault, Res};
use super::super::format;
use super::super::lexer::{decode, find};
use super::super::text::{LITERAL, Piece, Text, TextBuilder};
use super::super::value::{Data, Val};
use super::parts::{abbreviate, numbered, split, substr, trim_by, trunc, wrap};
use super::{Function, int, items, keep, new, text, val};

pub(super) static TABLE: [Function; 35] = [
    keep("trim", "s", |_, args| {
        let source = text(args, 0);
        Ok(trim_by(&source, char::is_whitespace).into())
    }),
    keep("trimAll", "ss", trim_all),
    keep("trimall", "ss", trim_all),
    keep("trimPrefix", "ss", |_, args| {
        let (prefix, source) = (text(args, 0), text(args, 1));
        if source.bytes().starts_with(prefix.bytes()) {
            return Ok(source.slice(prefix.len()..source.len()).into());
        }
        Ok(source.into())
    }),
    keep("trimSuffix", "ss", |_, args| {
        let (suffix, source) = (text(args, 0), text(args, 1));
        if source.bytes().ends_with(suffix.bytes()) {
            return Ok(source.slice(0..source.len() - suffix.len()).into());
        }
        Ok(source.into())
    }),
    keep("quote", "a*", quote),
    keep("squote", "a*", squote),
    keep("cat", "a*", cat),
    keep("indent", "is", |engine, args| {
        Ok(indent(engine, int(args, 0), &text(args, 1), false)?.into())
    }),
    keep("nindent", "is", |engine, args| {
        Ok(indent(engine, int(args, 0), &text(args, 1), true)?.into())
    }),
    keep("replace", "sss", replace),
    keep("trunc", "is", |_, args| {
        Ok(trunc(int(args, 0), &text(args, 1)).into())
    }),
    keep("substr", "iis", substr),
    keep("abbrev", "is", |_, args| {
        Ok(abbreviate(&text(args, 1), 0, int(args, 0)).into())
    }),
    keep("abbrevboth", "iis", |_, args| {
        let (left, right) = (int(args, 0), int(args, 1));
        let source = text(args, 2);
        if left > 0 && right < 7 {
            return Ok(source.into());
        }
        Ok(abbreviate(&source, left, right).into())
    }),
    keep("nospace", "s", |_, args| {
        let source = text(args, 0);
        let mut out = TextBuilder::default();
        // Byte by byte: each byte of a longer character is taken for a character.
        for (at, byte) in source.bytes().iter().enumerate() {
            let char = char::from(*byte);
            if char.is_whitespace() {
                continue;
            }
            if char.is_ascii() {
                out.push_slice(&source, at..at + 1);
            } else {
                out.plain(char.encode_utf8(&mut [0; 2]));
            }
        }
        Ok(out.finish().into())
    }),
    keep("toString", "a", |engine, args| {
        Ok(as_text(engine, &val(args, 0))?.into())
    }),
    keep("join", "sa", join),
    keep("plural", "ssi", |_, args| {
        let index = usize::from(int(args, 2) != 1);
        Ok(text(args, index).into())
    }),
    keep("splitList", "ss", |engine, args| {
        let parts = split(&text(args, 0), &text(args, 1), None);
        engine.charge_list(parts.len())?;
        Ok(Val::strings(parts))
    }),
    keep("split", "ss", |engine, args| {
        let parts = split(&text(args, 0), &text(args, 1), None);
        engine.charge_list(parts.len())?;
        Ok(numbered(parts))
    }),
    keep("splitn", "sis", |_, args| {
        let count = usize::try_from(int(args, 1)).ok();
        if count == Some(0) {
            return Ok(numbered(Vec::new()));
        }
        Ok(numbered(split(&text(args, 0), &text(args, 2), count)))
    }),
    keep("toStrings", "a", |engine, args| {
        let parts = strings(engine, &val(args, 0))?;
        Ok(Val::strings(parts))
    }),
    keep("sortAlpha", "a", |engine, args| {
        let list = val(args, 0);
        let mut parts = if list.as_items().is_some() {
            strings(engine, &list)?
        } else {
            vec![as_text(engine, &list)?]
        };
        engine.charge_list(parts.len())?;
        parts.sort_by(|a, b| a.bytes().cmp(b.bytes()));
        Ok(Val::strings(parts))
    }),
    new("contains", "ss", |_, args| {
        let needle = text(args, 0);
        let found = needle.is_empty() || find(text(args, 1).bytes(), needle.bytes()).is_some();
        Ok(found.into())
    }),
    new("hasPrefix", "ss", |_, args| {
        Ok(text(args, 1)
            .bytes()
            .starts_with(text(args, 0).bytes())
            .into())
    }),
    new("hasSuffix", "ss", |_, args| {
        Ok(text(args, 1)
            .bytes()
            .ends_with(text(args, 0).bytes())
            .into())
    }),
    new("repeat", "is", |engine, args| {
        let count = int(args, 0);
        let source = text(args, 1);
        let Ok(count) = usize::try_from(count) else {
            return Err(Fault::error("strings: negative Repeat count"));
        };
        let len = source.len().saturating_mul(count);
        engine.check_size(len)?;
        engine.charge(len)?;
        Ok(Text::plain(source.bytes().repeat(count)).into())
    }),
    new("wrap", "is", |engine, args| {
        wrap(engine, int(args, 0), b"\n", &text(args, 1), false)
    }),
    new("wrapWith", "iss", |engine, args| {
        let separator = text(args, 1);
        let separator = if separator.is_empty() {
            b"\n"
        } else {
            separator.bytes()
        };
        wrap(engine, int(args, 0), separator, &text(args, 2), true)
    }),
    keep("default", "aa*", |_, args| {
        let given = val(args, 1);
        Ok(if args.len() > 1 && given.truth() {
            given
        } else {
            val(args, 0)
        })
    }),
    keep("coalesce", "a*", |_, args| {
        let found = args.iter().find(|arg| arg.truth());
        Ok(found.cloned().unwrap_or_else(Val::nil))
    }),
    keep("ternary", "aab", |_, args| {
        Ok(val(args, usize::from(!val(args, 2).truth())))
    }),
    keep("regexQuoteMeta", "s", |_, args| {
        let source = text(args, 0);
        let mut out = TextBuilder::default();
        for at in 0..source.len() {
            let byte = source.bytes().get(at).copied().unwrap_or(0);
            if b"\\.+*?()|[]{}^$".contains(&byte) {
                out.plain("\\");
            }
            out.push_slice(&source, at..at + 1);
        }
        Ok(out.finish().into())
    }),
    keep("hello", "", |_, _| Ok("Hello!".into())),
];

/// A value as a string: what it prints as, for what is none.
pub(super) fn as_text(engine: &mut Engine, value: &Val) -> Res<Text> {
    match &value.data {
        Data::Str(text) | Data::Bytes(text) => Ok(text.clone()),
        _ => format::show(engine, value),
    }
}

/// The elements of a list as strings, nil left out; what is no list is its own only element.
pub(super) fn strings(engine: &mut Engine, list: &Val) -> Res<Vec<Text>> {
    let Some(items) = items(list) else {
        if list.is_nil() {
            return Ok(Vec::new());
        }
        return Ok(vec![as_text(engine, list)?]);
    };
    let items = items.iter().filter(|item| !item.is_nil());
    items.map(|item| as_text(engine, item)).collect()
}

fn trim_all(_: &mut Engine, args: &[Val]) -> Res<Val> {
    let set = text(args, 0);
    let set = set.lossy();
    Ok(trim_by(&text(args, 1), |char| set.contains(char)).into())
}

fn quote(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let mut out = TextBuilder::default();
    let mut first = true;
    for arg in args.iter().filter(|arg| !arg.is_nil()) {
        if !std::mem::take(&mut first) {
            out.plain(" ");
        }
        let source = as_text(engine, arg)?;
        engine.charge(source.len())?;
        engine.check_size(out.len() + 4 * source.len())?;
        format::quote_into(&mut out, &source, b'"');
    }
    Ok(out.finish().into())
}

fn squote(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let mut out = TextBuilder::default();
    let mut first = true;
    for arg in args.iter().filter(|arg| !arg.is_nil()) {
        if !std::mem::take(&mut first) {
            out.plain(" ");
        }
        let source = format::show(engine, arg)?;
        engine.check_size(out.len() + source.len())?;
        enclose(&mut out, &source, b"'");
    }
    Ok(out.finish().into())
}

/// Writes a text between quotes, which belong to its first and last piece.
fn enclose(out: &mut TextBuilder, source: &Text, quote: &[u8]) {
    let pieces: Vec<_> = source.pieces_in(0..source.len()).collect();
    let last = pieces.len().saturating_sub(1);
    for (index, (start, piece)) in pieces.iter().enumerate() {
        let flags = piece.flags & !LITERAL;
        let piece = Piece { flags, ..*piece };
        let mut bytes = Vec::new();
        if index == 0 {
            bytes.extend_from_slice(quote);
        }
        let part = source.bytes().get(*start..piece.end as usize);
        bytes.extend_from_slice(part.unwrap_or_default());
        if index == last {
            bytes.extend_from_slice(quote);
        }
        out.push(&bytes, piece);
    }
}

fn cat(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let mut out = TextBuilder::default();
    for arg in args.iter().filter(|arg| !arg.is_nil()) {
        if out.len() > 0 {
            out.plain(" ");
        }
        let part = format::show(engine, arg)?;
        engine.check_size(out.len() + part.len())?;
        out.push_text(&part);
    }
    Ok(out.finish().into())
}

fn indent(engine: &mut Engine, width: i64, source: &Text, line: bool) -> Res<Text> {
    let Ok(width) = usize::try_from(width) else {
        return Err(Fault::error("strings: negative Repeat count"));
    };
    #[allow(clippy::naive_bytecount, reason = "texts are small")]
    let lines = 1 + source.bytes().iter().filter(|byte| **byte == b'\n').count();
    let len = source.len().saturating_add(lines.saturating_mul(width));
    engine.check_size(len)?;
    engine.charge(len / 4)?;
    let pad = " ".repeat(width);
    let mut out = TextBuilder::default();
    if line {
        out.plain("\n");
    }
    out.plain(&pad);
    let mut at = 0;
    while let Some(found) = find(source.bytes().get(at..).unwrap_or_default(), b"\n") {
        out.push_slice(source, at..at + found + 1);
        out.plain(&pad);
        at += found + 1;
    }
    out.push_slice(source, at..source.len());
    Ok(out.finish())
}

fn replace(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let (old, new, source) = (text(args, 0), text(args, 1), text(args, 2));
    engine.charge(source.len())?;
    let mut out = TextBuilder::default();
    let mut at = 0;
    if old.is_empty() {
        out.push_text(&new);
        while let Some((_, len)) = decode(source.bytes().get(at..).unwrap_or_default()) {
            out.push_slice(&source, at..at + len);
            out.push_text(&new);
            engine.check_size(out.len())?;
            at += len;
        }
        return Ok(out.finish().into());
    }
    while let Some(found) = find(source.bytes().get(at..).unwrap_or_default(), old.bytes()) {
        out.push_slice(&source, at..at + found);
        out.push_text(&new);
        engine.check_size(out.len())?;
        at += found + old.len();
    }
    out.push_slice(&source, at..source.len());
    engine.charge(out.len())?;
    Ok(out.finish().into())
}

fn join(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let separator = text(args, 0);
    let parts = strings(engine, &val(args, 1))?;
    let mut out = TextBuilder::default();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.push_text(&separator);
        }
        engine.check_size(out.len() + part.len() + separator.len())?;
        out.push_text(part);
    }
    engine.charge(out.len())?;
    Ok(out.finish().into())
}
