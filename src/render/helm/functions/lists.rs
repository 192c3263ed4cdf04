//! Functions on lists.

use super::super::engine::Engine;
use super::super::fault::{Fault, Res};
use super::super::value::{Data, ListKind, Val};
use super::{Function, int, items, keep, val};

pub(super) static TABLE: [Function; 31] = [
    keep("list", "a*", list),
    keep("tuple", "a*", list),
    keep("first", "a", |_, args| {
        Ok(given(args, 0, "find first on")?
            .first()
            .cloned()
            .unwrap_or_else(Val::nil))
    }),
    keep("mustFirst", "a", |_, args| {
        Ok(given(args, 0, "find first on")?
            .first()
            .cloned()
            .unwrap_or_else(Val::nil))
    }),
    keep("last", "a", |_, args| {
        Ok(given(args, 0, "find last on")?
            .last()
            .cloned()
            .unwrap_or_else(Val::nil))
    }),
    keep("mustLast", "a", |_, args| {
        Ok(given(args, 0, "find last on")?
            .last()
            .cloned()
            .unwrap_or_else(Val::nil))
    }),
    keep("rest", "a", rest),
    keep("mustRest", "a", rest),
    keep("initial", "a", initial),
    keep("mustInitial", "a", initial),
    keep("append", "aa", append),
    keep("mustAppend", "aa", append),
    keep("push", "aa", append),
    keep("mustPush", "aa", append),
    keep("prepend", "aa", prepend),
    keep("mustPrepend", "aa", prepend),
    keep("concat", "a*", concat),
    keep("reverse", "a", reverse),
    keep("mustReverse", "a", reverse),
    keep("uniq", "a", uniq),
    keep("mustUniq", "a", uniq),
    keep("without", "aa*", without),
    keep("mustWithout", "aa*", without),
    keep("has", "aa", has),
    keep("mustHas", "aa", has),
    keep("slice", "aa*", slice),
    keep("mustSlice", "aa*", slice),
    keep("chunk", "ia", chunk),
    keep("mustChunk", "ia", chunk),
    keep("compact", "a", compact),
    keep("mustCompact", "a", compact),
];

/// The elements of the list that was given.
fn given(args: &[Val], index: usize, action: &str) -> Res<Vec<Val>> {
    let list = val(args, index);
    match items(&list) {
        Some(items) => Ok(items),
        None => Err(Fault::error(format!(
            "Cannot {action} type {}",
            list.kind_name()
        ))),
    }
}

fn made(engine: &mut Engine, items: Vec<Val>) -> Res<Val> {
    engine.charge_list(items.len())?;
    Val::list(items)
}

fn list(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    made(engine, args.to_vec())
}

fn rest(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let list = given(args, 0, "find rest on")?;
    if list.is_empty() {
        return Ok(Val::nil_list(ListKind::Any));
    }
    made(engine, list.into_iter().skip(1).collect())
}

fn initial(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let mut list = given(args, 0, "find initial on")?;
    if list.pop().is_none() {
        return Ok(Val::nil_list(ListKind::Any));
    }
    made(engine, list)
}

fn append(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let mut list = given(args, 0, "push on")?;
    list.push(val(args, 1));
    made(engine, list)
}

fn prepend(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let mut list = given(args, 0, "prepend on")?;
    list.insert(0, val(args, 1));
    made(engine, list)
}

fn concat(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let mut all = Vec::new();
    for index in 0..args.len() {
        all.extend(given(args, index, "concat type")?);
        engine.charge_list(all.len())?;
    }
    if all.is_empty() {
        return Ok(Val::nil_list(ListKind::Any));
    }
    Val::list(all)
}

fn reverse(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let mut list = given(args, 0, "find reverse on")?;
    list.reverse();
    made(engine, list)
}

/// Whether a list holds an equal element.
fn holds(engine: &mut Engine, list: &[Val], wanted: &Val) -> Res<bool> {
    engine.charge(list.len())?;
    for item in list {
        if item.deep_equal(wanted)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn uniq(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let mut kept: Vec<Val> = Vec::new();
    for item in given(args, 0, "find uniq on")? {
        if !holds(engine, &kept, &item)? {
            kept.push(item);
        }
    }
    made(engine, kept)
}

fn without(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let dropped = args.get(1..).unwrap_or_default();
    let mut kept = Vec::new();
    for item in given(args, 0, "find without on")? {
        if !holds(engine, dropped, &item)? {
            kept.push(item);
        }
    }
    made(engine, kept)
}

fn has(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    if val(args, 1).is_nil() {
        return Ok(false.into());
    }
    let list = given(args, 1, "find has on")?;
    Ok(holds(engine, &list, &val(args, 0))?.into())
}

/// A number that converts to a position.
fn position(args: &[Val], index: usize, len: usize) -> Res<usize> {
    let number = super::math::to_int(&val(args, index));
    match usize::try_from(number) {
        Ok(number) if number <= len => Ok(number),
        _ => Err(Fault::error(format!(
            "slice index out of bounds: {number} of {len}"
        ))),
    }
}

fn slice(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let list = given(args, 0, "slice")?;
    let len = list.len();
    if len == 0 {
        return Ok(Val::nil());
    }
    let start = if args.len() > 1 {
        position(args, 1, len)?
    } else {
        0
    };
    let end = if args.len() > 2 {
        position(args, 2, len)?
    } else {
        len
    };
    match list.get(start..end) {
        Some(part) => {
            engine.charge_list(part.len())?;
            let kind = match &val(args, 0).data {
                Data::List(list) => list.kind,
                _ => ListKind::Any,
            };
            Val::list_of(part.to_vec(), kind)
        }
        None => Err(Fault::error("slice index out of bounds")),
    }
}

fn chunk(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let list = given(args, 1, "chunk type")?;
    let Ok(size @ 1..) = usize::try_from(int(args, 0)) else {
        return Err(Fault::error("chunk size must be greater than zero"));
    };
    engine.charge_list(list.len())?;
    let chunks = list.chunks(size).map(|part| Val::list(part.to_vec()));
    Val::list(chunks.collect::<Res<_>>()?)
}

fn compact(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let list = given(args, 0, "compact on")?;
    made(engine, list.into_iter().filter(Val::truth).collect())
}
