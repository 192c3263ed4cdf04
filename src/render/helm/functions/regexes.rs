//! Functions on regular expressions.

use super::super::engine::Engine;
use super::super::fault::{Fault, Res};
use super::super::regexp;
use super::super::text::{Piece, Text, TextBuilder};
use super::super::value::{ListKind, Val};
use super::{Function, int, keep, new, text};

pub(super) static TABLE: [Function; 12] = [
    new("regexMatch", "ss", |engine, args| {
        let Ok(regex) = regexp::compile(engine, &text(args, 0))? else {
            return Ok(false.into());
        };
        Ok(regex.is_match(text(args, 1).bytes()).into())
    }),
    new("mustRegexMatch", "ss", |engine, args| {
        let regex = compiled(engine, args)?;
        Ok(regex.is_match(text(args, 1).bytes()).into())
    }),
    keep("regexFind", "ss", find),
    keep("mustRegexFind", "ss", find),
    keep("regexFindAll", "ssi", find_all),
    keep("mustRegexFindAll", "ssi", find_all),
    keep("regexReplaceAll", "sss", |engine, args| {
        replace(engine, args, true)
    }),
    keep("mustRegexReplaceAll", "sss", |engine, args| {
        replace(engine, args, true)
    }),
    keep("regexReplaceAllLiteral", "sss", |engine, args| {
        replace(engine, args, false)
    }),
    keep("mustRegexReplaceAllLiteral", "sss", |engine, args| {
        replace(engine, args, false)
    }),
    keep("regexSplit", "ssi", split),
    keep("mustRegexSplit", "ssi", split),
];

fn compiled(engine: &mut Engine, args: &[Val]) -> Res<regex::bytes::Regex> {
    let subject = text(args, 1);
    engine.charge(subject.len())?;
    match regexp::compile(engine, &text(args, 0))? {
        Ok(regex) => Ok(regex),
        Err(problem) => Err(Fault::error(problem)),
    }
}

fn find(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let regex = compiled(engine, args)?;
    let source = text(args, 1);
    Ok(match regex.find(source.bytes()) {
        Some(found) => source.slice(found.range()).into(),
        None => "".into(),
    })
}

fn find_all(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let regex = compiled(engine, args)?;
    let source = text(args, 1);
    let count = usize::try_from(int(args, 2)).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for matched in regex.find_iter(source.bytes()).take(count) {
        found.push(source.slice(matched.range()));
        engine.charge_list(1)?;
    }
    if found.is_empty() {
        return Ok(Val::nil_list(ListKind::Str));
    }
    Ok(Val::strings(found))
}

fn replace(engine: &mut Engine, args: &[Val], expand: bool) -> Res<Val> {
    let regex = compiled(engine, args)?;
    let (source, with) = (text(args, 1), text(args, 2));
    let expand = expand && with.bytes().contains(&b'$');
    let mut out = TextBuilder::default();
    let mut at = 0;
    for captures in regex.captures_iter(source.bytes()) {
        let Some(whole) = captures.get(0) else {
            continue;
        };
        out.push_slice(&source, at..whole.start());
        if expand {
            let mut expanded = Vec::new();
            captures.expand(with.bytes(), &mut expanded);
            let part = source.slice(whole.range());
            let inputs = [engine.tracker.of_text(&part), engine.tracker.of_text(&with)];
            let origin = engine.tracker.mix(&inputs);
            let piece = Piece {
                origin,
                flags: if source.is_unknown() {
                    super::super::text::UNKNOWN
                } else {
                    0
                },
                ..Piece::PLAIN
            };
            out.push(&expanded, piece);
        } else {
            out.push_text(&with);
        }
        engine.check_size(out.len())?;
        engine.charge(whole.len() + 1)?;
        at = whole.end();
    }
    out.push_slice(&source, at..source.len());
    engine.charge(out.len())?;
    Ok(out.finish().into())
}

fn split(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let regex = compiled(engine, args)?;
    let source = text(args, 1);
    let limit = match int(args, 2) {
        0 => return Ok(Val::nil_list(ListKind::Str)),
        count => usize::try_from(count).ok(),
    };
    if source.is_empty() && !text(args, 0).is_empty() {
        return Ok(Val::strings([Text::default()]));
    }
    let mut parts: Vec<Text> = Vec::new();
    let (mut begin, mut end) = (0, 0);
    for matched in regex.find_iter(source.bytes()) {
        if limit.is_some_and(|limit| parts.len() + 1 >= limit) {
            break;
        }
        engine.charge_list(1)?;
        end = matched.start();
        if matched.end() != 0 {
            parts.push(source.slice(begin..end));
        }
        begin = matched.end();
    }
    if end != source.len() {
        parts.push(source.slice(begin..source.len()));
    }
    Ok(Val::strings(parts))
}
