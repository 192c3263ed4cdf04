//! Fields of values and calls of functions and methods.

use super::ast::{At, Expr, ExprKind};
use super::engine::Engine;
use super::fault::{Fault, Res};
use super::functions::{Function, Track};
use super::methods;
use super::objects::Object;
use super::text::{OriginId, Piece, Text, UNKNOWN};
use super::value::{Data, ELEMENT, IntKind, ListKind, MapKind, UNKNOWN_VALUE, Val};

impl Engine {
    /// `.a.b.c` of a value; arguments go to the last, if it is a method.
    pub(super) fn fields(
        &mut self,
        dot: &Val,
        receiver: &Val,
        names: &[Box<str>],
        at: At,
        args: &[Expr],
        last: Option<Val>,
    ) -> Res<Val> {
        let Some((final_name, before)) = names.split_last() else {
            return Ok(receiver.clone());
        };
        let mut val = receiver.clone();
        for name in before {
            let next = self.field(&val, name, None);
            val = self.locate(next, at)?;
        }
        let mut given = Vec::with_capacity(args.len() + 1);
        for arg in args {
            given.push((self.operand(dot, arg)?, arg.at, is_constant(arg)));
        }
        if let Some(last) = last {
            given.push((last, at, false));
        }
        let result = self.field(&val, final_name, Some(&given));
        self.locate(result, at)
    }

    fn field(&mut self, val: &Val, name: &str, args: Option<&[(Val, At, bool)]>) -> Res<Val> {
        self.charge(1)?;
        let args = args.unwrap_or_default();
        if val.is_nil() {
            if val.flags & ELEMENT != 0 {
                return Err(Fault::error(format!(
                    "nil pointer evaluating interface {{}}.{name}"
                )));
            }
            return Ok(Val::nil());
        }
        let values: Vec<Val> = args.iter().map(|(val, ..)| val.clone()).collect();
        if let Some(result) = methods::call(self, val, name, &values)? {
            return Ok(result);
        }
        let found = match &val.data {
            Data::Map(map, kind) => {
                let entry = map.borrow().get(name.as_bytes()).map(|e| e.val.clone());
                Some(match entry {
                    Some(val) => element(val),
                    None if matches!(kind, MapKind::Str | MapKind::NilStr) => Val::from(""),
                    None if self.strict => {
                        return Err(Fault::error(format!("map has no entry for key {name:?}")));
                    }
                    None => element(Val::nil()),
                })
            }
            Data::Object(object) => match &**object {
                Object::Files(files) => Some(match files.get(name) {
                    Some(text) => Data::Bytes(text.clone()).into(),
                    None => Data::Bytes(Text::default()).into(),
                }),
                other => other.field(name).cloned(),
            },
            _ => None,
        };
        match found {
            Some(_) if !args.is_empty() => Err(Fault::error(format!(
                "{name} is not a method but has arguments"
            ))),
            Some(val) => Ok(val),
            None => Err(Fault::error(format!(
                "can't evaluate field {name} in type {}",
                val.type_name()
            ))),
        }
    }

    pub(super) fn call(
        &mut self,
        dot: &Val,
        function: &'static Function,
        args: &[Expr],
        last: Option<Val>,
        at: At,
    ) -> Res<Val> {
        let count = args.len() + usize::from(last.is_some());
        let (least, most) = function.arity();
        if count < least || most.is_some_and(|most| count > most) {
            let wanted = if most.is_some() {
                format!("want {least}")
            } else {
                format!("want at least {least}")
            };
            let fault = Fault::error(format!(
                "wrong number of args for {}: {wanted} got {count}",
                function.name
            ));
            return self.locate(Err(fault), at);
        }
        if let Some(stops_at) = function.short_circuit() {
            return self.short_circuit(dot, args, last, stops_at);
        }
        let mut values = Vec::with_capacity(count);
        for (index, arg) in args.iter().enumerate() {
            let param = function.param(index);
            let val = self.operand(dot, arg)?;
            let checked = check(
                val,
                param,
                is_constant(arg),
                matches!(arg.kind, ExprKind::Nil),
            );
            values.push(self.locate(checked, arg.at)?);
        }
        if let Some(last) = last {
            let param = function.param(args.len());
            let checked = check(last, param, false, false);
            values.push(self.locate(checked, at)?);
        }
        let before = std::mem::replace(&mut self.call, at);
        let result = (function.call)(self, &values);
        self.call = before;
        let result = result.map_err(|mut fault| {
            if fault.place.is_none() {
                fault.inputs = values.iter().map(|val| self.input(val)).collect();
                fault.inputs.retain(|origin| *origin != OriginId::NONE);
            }
            fault
        });
        let result = self.locate(result, at)?;
        Ok(match function.track {
            Track::Keep => result,
            Track::New => self.derived(result, &values),
            Track::Unknown => unknown(result),
        })
    }

    fn short_circuit(
        &mut self,
        dot: &Val,
        args: &[Expr],
        last: Option<Val>,
        stops_at: bool,
    ) -> Res<Val> {
        let mut val = Val::nil();
        for arg in args {
            val = self.operand(dot, arg)?;
            if val.truth() == stops_at {
                return Ok(val);
            }
        }
        Ok(last.unwrap_or(val))
    }

    /// The origin of an argument.
    pub(super) fn input(&mut self, val: &Val) -> OriginId {
        match &val.data {
            Data::Str(text) | Data::Bytes(text) => self.tracker.of_text(text),
            Data::List(list) => {
                let items: Vec<OriginId> = list
                    .items
                    .iter()
                    .take(8)
                    .map(|item| self.input(item))
                    .collect();
                let mixed = self.tracker.mix(&items);
                if mixed == OriginId::NONE {
                    val.origin
                } else {
                    mixed
                }
            }
            _ => val.origin,
        }
    }

    /// Gives a computed value the origin of its inputs.
    fn derived(&mut self, result: Val, args: &[Val]) -> Val {
        let inputs: Vec<OriginId> = args.iter().map(|arg| self.input(arg)).collect();
        let origin = self.tracker.mix(&inputs);
        let unknown = args.iter().any(|arg| {
            arg.is_unknown()
                || arg
                    .as_items()
                    .is_some_and(|items| items.iter().take(64).any(Val::is_unknown))
        });
        if origin == OriginId::NONE && !unknown {
            return result;
        }
        mark(result, origin, unknown)
    }
}

fn unknown(val: Val) -> Val {
    mark(val, OriginId::NONE, true)
}

/// Gives a value an origin, and marks it as unknown.
fn mark(mut val: Val, origin: OriginId, unknown: bool) -> Val {
    let remark = |text: &Text| {
        let piece = Piece {
            origin,
            flags: if unknown { UNKNOWN } else { 0 },
            ..Piece::PLAIN
        };
        Text::of(text.bytes(), piece)
    };
    match &val.data {
        Data::Str(text) => val.data = Data::Str(remark(text)),
        Data::Bytes(text) => val.data = Data::Bytes(remark(text)),
        Data::List(list) if list.kind == ListKind::Str => {
            let items = list.items.iter().filter_map(Val::as_str).map(remark);
            let nil = list.nil;
            if !nil {
                val = Val::strings(items.collect::<Vec<_>>());
            }
        }
        _ => {}
    }
    if val.origin == OriginId::NONE {
        val.origin = origin;
    }
    if unknown {
        val.flags |= UNKNOWN_VALUE;
    }
    val
}

const fn is_constant(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Number(_))
}

/// Checks an argument against the type of its parameter, which it must have; constants may be
/// any number that holds them.
fn check(mut val: Val, param: u8, constant: bool, nil: bool) -> Res<Val> {
    let wrong = |expected: &str, val: &Val| {
        let found = if val.is_nil() {
            "interface {}"
        } else {
            val.type_name()
        };
        Err(Fault::error(format!(
            "wrong type for value; expected {expected}; got {found}"
        )))
    };
    let is_element = val.flags & ELEMENT != 0;
    val.flags &= !ELEMENT;
    match (param, &val.data) {
        (b'a', _)
        | (b's', Data::Str(_))
        | (b'i', Data::Int(_, IntKind::Int))
        | (b'b', Data::Bool(_))
        | (b'f', Data::Float(_))
        | (b'm', Data::Map(_, MapKind::Any | MapKind::Values)) => Ok(val),
        (b'l', Data::List(list)) if list.kind == ListKind::Any => Ok(val),
        (b'm' | b'l', Data::Nil) if !is_element || nil => Ok(val),
        (b'f', Data::Int(int, _)) if constant => {
            #[expect(clippy::cast_precision_loss, reason = "constants are small")]
            let float = *int as f64;
            Ok(Val::from(float))
        }
        (b'i', Data::Float(float)) if constant && super::strconv::whole(*float).is_some() => {
            Ok(Val::int(super::strconv::whole(*float).unwrap_or(0)))
        }
        (b's', _) => wrong("string", &val),
        (b'i', _) => wrong("int", &val),
        (b'b', _) => wrong("bool", &val),
        (b'f', _) => wrong("float64", &val),
        (b'm', _) => wrong("map[string]interface {}", &val),
        (b'l', _) => wrong("[]interface {}", &val),
        _ => Ok(val),
    }
}

/// A value that was read from a map or a list.
pub(super) fn element(mut val: Val) -> Val {
    if val.is_nil() {
        val.flags |= ELEMENT;
    }
    val
}
