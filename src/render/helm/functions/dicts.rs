//! Functions on maps, which all who hold one share.

use std::rc::Rc;

use super::super::engine::Engine;
use super::super::fault::{Fault, Res};
use super::super::value::{DEEPEST, Data, Entry, Key, Map, MapRef, Val, key};
use super::strings::as_text;
use super::{Function, keep, map, text, val};

pub(super) static TABLE: [Function; 17] = [
    keep("dict", "a*", dict),
    keep("get", "ms", |_, args| {
        let found = map(args, 0)
            .borrow()
            .get(text(args, 1).bytes())
            .map(|e| e.val.clone());
        Ok(found.unwrap_or_else(|| "".into()))
    }),
    keep("set", "msa", set),
    keep("unset", "ms", |engine, args| {
        let target = map(args, 0);
        engine.mutates(&target)?;
        target.borrow_mut().remove(text(args, 1).bytes());
        Ok(val(args, 0))
    }),
    keep("hasKey", "ms", |_, args| {
        Ok(map(args, 0)
            .borrow()
            .contains_key(text(args, 1).bytes())
            .into())
    }),
    keep("pluck", "sm*", |engine, args| {
        let name = text(args, 0);
        let mut found = Vec::new();
        for index in 1..args.len() {
            let entry = map(args, index)
                .borrow()
                .get(name.bytes())
                .map(|e| e.val.clone());
            found.extend(entry);
        }
        engine.charge_list(found.len())?;
        Val::list(found)
    }),
    keep("dig", "aaaa*", dig),
    keep("keys", "m*", |engine, args| {
        let mut names = Vec::new();
        for index in 0..args.len() {
            let map = map(args, index);
            let map = map.borrow();
            names.extend(map.iter().map(|(key, entry)| name_of(key, entry)));
        }
        engine.charge_list(names.len())?;
        Ok(Val::strings(names))
    }),
    keep("values", "m", |engine, args| {
        let map = map(args, 0);
        let values: Vec<Val> = map.borrow().values().map(|e| e.val.clone()).collect();
        engine.charge_list(values.len())?;
        Val::list(values)
    }),
    keep("pick", "ms*", |engine, args| select(engine, args, true)),
    keep("omit", "ms*", |engine, args| select(engine, args, false)),
    keep("merge", "mm*", |engine, args| {
        merge_all(engine, args, false)
    }),
    keep("mustMerge", "mm*", |engine, args| {
        merge_all(engine, args, false)
    }),
    keep("mergeOverwrite", "mm*", |engine, args| {
        merge_all(engine, args, true)
    }),
    keep("mustMergeOverwrite", "mm*", |engine, args| {
        merge_all(engine, args, true)
    }),
    keep("deepCopy", "a", deep_copy),
    keep("mustDeepCopy", "a", deep_copy),
];

fn name_of(key: &Key, entry: &Entry) -> super::super::text::Text {
    let piece = super::super::text::Piece::exact(entry.key);
    super::super::text::Text::of(&**key, piece)
}

fn dict(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    engine.charge_list(args.len())?;
    let mut out = Map::new();
    for pair in args.chunks(2) {
        let name = as_text(engine, &val(pair, 0))?;
        let value = if pair.len() > 1 {
            val(pair, 1)
        } else {
            "".into()
        };
        let entry = Entry {
            key: engine.tracker.of_text(&name),
            val: value,
        };
        out.insert(key(name.bytes()), entry);
    }
    Ok(Val::map(out))
}

fn set(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    if val(args, 0).is_nil() {
        return Err(Fault::error("assignment to entry in nil map"));
    }
    let target = map(args, 0);
    engine.mutates(&target)?;
    let name = text(args, 1);
    let entry = Entry {
        key: engine.tracker.of_text(&name),
        val: val(args, 2),
    };
    target.borrow_mut().insert(key(name.bytes()), entry);
    Ok(val(args, 0))
}

fn dig(_: &mut Engine, args: &[Val]) -> Res<Val> {
    let Some((last, before)) = args.split_last() else {
        return Ok(Val::nil());
    };
    let Some((default, path)) = before.split_last() else {
        return Ok(Val::nil());
    };
    let mut at = last.clone();
    for step in path {
        let Data::Map(map, _) = &at.data else {
            return Err(Fault::error(format!(
                "interface conversion: interface {{}} is {}, not map[string]interface {{}}",
                at.type_name()
            )));
        };
        let Data::Str(name) = &step.data else {
            return Err(Fault::error(format!(
                "interface conversion: interface {{}} is {}, not string",
                step.type_name()
            )));
        };
        let next = map.borrow().get(name.bytes()).map(|e| e.val.clone());
        let Some(next) = next else {
            return Ok(default.clone());
        };
        at = next;
    }
    Ok(at)
}

/// A new map with the named keys, or without them.
fn select(engine: &mut Engine, args: &[Val], named: bool) -> Res<Val> {
    let source = map(args, 0);
    let names: Vec<_> = (1..args.len()).map(|index| text(args, index)).collect();
    engine.charge_list(source.borrow().len())?;
    let mut out = source.borrow().clone();
    out.retain(|key, _| names.iter().any(|name| name.bytes() == &**key) == named);
    Ok(Val::map(out))
}

fn deep_copy(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let source = val(args, 0);
    if source.is_nil() {
        return Err(Fault::error("a copy of nil"));
    }
    engine.charge(weight(&source, 0)?)?;
    source.deep_copy()
}

/// The values in a value, counted until there are too many.
fn weight(value: &Val, depth: usize) -> Res<usize> {
    if depth > DEEPEST {
        return Err(Fault::limit("values nest too deeply"));
    }
    let mut sum = 1_usize;
    match &value.data {
        Data::List(list) => {
            for item in &list.items {
                sum = sum.saturating_add(weight(item, depth + 1)?);
            }
        }
        Data::Map(map, _) => {
            for entry in map.borrow().values() {
                sum = sum.saturating_add(weight(&entry.val, depth + 1)?);
            }
        }
        _ => {}
    }
    Ok(sum)
}

fn merge_all(engine: &mut Engine, args: &[Val], overwrite: bool) -> Res<Val> {
    if val(args, 0).is_nil() && args.len() > 1 {
        return Err(Fault::error("assignment to entry in nil map"));
    }
    let target = map(args, 0);
    for index in 1..args.len() {
        merge(engine, &target, &map(args, index), overwrite, 0)?;
    }
    Ok(val(args, 0))
}

/// Merges a map into another, as mergo does: what the target has wins unless it is empty, or the
/// source wins.
fn merge(
    engine: &mut Engine,
    target: &MapRef,
    source: &MapRef,
    overwrite: bool,
    depth: usize,
) -> Res<()> {
    if Rc::ptr_eq(target, source) {
        return Ok(());
    }
    if depth > DEEPEST {
        return Err(Fault::limit("maps nest too deeply"));
    }
    engine.mutates(target)?;
    let entries: Vec<(Key, Entry)> = source
        .borrow()
        .iter()
        .map(|(key, entry)| (Rc::clone(key), entry.clone()))
        .collect();
    engine.charge_list(entries.len())?;
    for (key, entry) in entries {
        let there = target.borrow().get(&*key).map(|e| e.val.clone());
        let takes = match &there {
            None => true,
            Some(there) => match (&there.data, &entry.val.data) {
                (Data::Map(into, _), Data::Map(from, _)) => {
                    merge(engine, into, from, overwrite, depth + 1)?;
                    false
                }
                _ => overwrite || !there.truth(),
            },
        };
        if takes {
            target.borrow_mut().insert(key, entry);
        }
    }
    Ok(())
}
