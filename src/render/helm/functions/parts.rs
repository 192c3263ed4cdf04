//! Parts of strings: cut, split, wrapped.

use std::rc::Rc;

use super::super::engine::Engine;
use super::super::fault::{Fault, Res};
use super::super::lexer::{decode, find};
use super::super::text::{OriginId, Text, TextBuilder};
use super::super::value::{Data, Entry, Map, MapKind, Val, key};
use super::{int, text};

pub(super) fn trim_by(source: &Text, drop: impl Fn(char) -> bool) -> Text {
    let bytes = source.bytes();
    let mut start = 0;
    while let Some((char, len)) = decode(bytes.get(start..).unwrap_or_default()) {
        if !drop(char) {
            break;
        }
        start += len;
    }
    let mut end = bytes.len();
    while end > start {
        let mut last = end - 1;
        while last > start && bytes.get(last).is_some_and(|byte| byte & 0xc0 == 0x80) {
            last -= 1;
        }
        match decode(bytes.get(last..end).unwrap_or_default()) {
            Some((char, len)) if last + len == end && drop(char) => end = last,
            _ => break,
        }
    }
    source.slice(start..end)
}

pub(super) fn trunc(count: i64, source: &Text) -> Text {
    let len = source.len();
    let size = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if size >= len {
        return source.clone();
    }
    if count < 0 {
        source.slice(len - size..len)
    } else {
        source.slice(0..size)
    }
}

pub(super) fn substr(_: &mut Engine, args: &[Val]) -> Res<Val> {
    let (start, end, source) = (int(args, 0), int(args, 1), text(args, 2));
    let len = source.len();
    let from = usize::try_from(start).unwrap_or(0);
    let to = match usize::try_from(end) {
        Ok(end) if start < 0 || end <= len => end,
        Err(_) if start < 0 => {
            return Err(Fault::error(format!("slice bounds out of range [:{end}]")));
        }
        _ => len,
    };
    if from > to || to > len {
        return Err(Fault::error(format!(
            "slice bounds out of range [{from}:{to}] with length {len}"
        )));
    }
    Ok(source.slice(from..to).into())
}

pub(super) fn abbreviate(source: &Text, offset: i64, width: i64) -> Text {
    let Ok(width) = usize::try_from(width) else {
        return source.clone();
    };
    let len = source.len();
    if width < 4 || len <= width {
        return source.clone();
    }
    let mut offset = usize::try_from(offset).unwrap_or(0).min(len);
    if len - offset < width - 3 {
        offset = len - (width - 3);
    }
    let mut out = TextBuilder::default();
    if offset <= 4 {
        out.push_slice(source, 0..width - 3);
        out.plain("...");
        return out.finish();
    }
    if width < 7 {
        return source.clone();
    }
    out.plain("...");
    if offset + width - 3 < len {
        let rest = source.slice(offset..len);
        out.push_text(&abbreviate(&rest, 0, i64::try_from(width - 3).unwrap_or(0)));
    } else {
        out.push_slice(source, len - (width - 3)..len);
    }
    out.finish()
}

/// The parts of a text between separators, at most `count` of them.
pub(super) fn split(separator: &Text, source: &Text, count: Option<usize>) -> Vec<Text> {
    let mut parts = Vec::new();
    let mut at = 0;
    let full = |parts: &Vec<Text>| count.is_some_and(|count| parts.len() + 1 >= count);
    if separator.is_empty() {
        while let Some((_, len)) = decode(source.bytes().get(at..).unwrap_or_default()) {
            if full(&parts) {
                break;
            }
            parts.push(source.slice(at..at + len));
            at += len;
        }
        if at < source.len() {
            parts.push(source.slice(at..source.len()));
        }
        return parts;
    }
    while let Some(found) = find(
        source.bytes().get(at..).unwrap_or_default(),
        separator.bytes(),
    ) {
        if full(&parts) {
            break;
        }
        parts.push(source.slice(at..at + found));
        at += found + separator.len();
    }
    parts.push(source.slice(at..source.len()));
    parts
}

/// The parts in a map under `_0`, `_1` and so on.
pub(super) fn numbered(parts: Vec<Text>) -> Val {
    let mut map = Map::new();
    for (index, part) in parts.into_iter().enumerate() {
        let entry = Entry {
            key: OriginId::NONE,
            val: part.into(),
        };
        map.insert(key(format!("_{index}")), entry);
    }
    Data::Map(Rc::new(map.into()), MapKind::Str).into()
}

pub(super) fn wrap(
    engine: &mut Engine,
    width: i64,
    line: &[u8],
    source: &Text,
    breaks_words: bool,
) -> Res<Val> {
    let width = usize::try_from(width).unwrap_or(1).max(1);
    let bytes = source.bytes();
    engine.charge(bytes.len().saturating_mul(line.len().max(1)))?;
    engine.check_size(bytes.len().saturating_mul(line.len().max(1)))?;
    let mut out = Vec::new();
    let mut at = 0;
    while bytes.len().saturating_sub(at) > width {
        if bytes.get(at) == Some(&b' ') {
            at += 1;
            continue;
        }
        let window = bytes.get(at..=at + width).unwrap_or_default();
        let end = if let Some(space) = window.iter().rposition(|byte| *byte == b' ') {
            at + space
        } else if breaks_words {
            out.extend_from_slice(bytes.get(at..at + width).unwrap_or_default());
            out.extend_from_slice(line);
            at += width;
            continue;
        } else {
            let rest = bytes.get(at + width..).unwrap_or_default();
            match rest.iter().position(|byte| *byte == b' ') {
                Some(space) => at + width + space,
                None => break,
            }
        };
        out.extend_from_slice(bytes.get(at..end).unwrap_or_default());
        out.extend_from_slice(line);
        at = end + 1;
    }
    out.extend_from_slice(bytes.get(at..).unwrap_or_default());
    Ok(Text::plain(out).into())
}
