//! What aliases may stand for: as much as kubectl lets them.

use super::Span;
use super::compose::{Composer, DEPTH_LIMIT};
use super::node::Style;
use super::tree::{Data, Shape, SyntaxError};

/// Nodes that a document may come to when its aliases are followed, beyond twice those written.
const ALIAS_LIMIT: u64 = 1_000_000;

/// Decoded nodes up to which 99 of 100 may come from aliases, and from which on 10 of 100; the
/// share falls evenly between the two (go-yaml 2, `allowedAliasRatio`).
const FREE_UP_TO: f64 = 400_000.0;
const BOUND_FROM: f64 = 4_000_000.0;

impl Composer<'_> {
    /// Refuses aliases that nest too deeply, and documents that they would blow up. `first` is the
    /// root of the document.
    pub(super) fn check_aliases(&self, first: u32) -> Result<(), SyntaxError> {
        let nodes = self.nodes.get(first as usize..).unwrap_or_default();
        self.check_sizes(nodes, first)?;
        self.check_ratio(nodes, first)
    }

    /// Sums up what each node comes to, in one walk: targets stand before their aliases, so that
    /// they are complete when they are asked for.
    fn check_sizes(&self, nodes: &[Data], first: u32) -> Result<(), SyntaxError> {
        let local = |index: u32| index.saturating_sub(first) as usize;
        // The nodes that each node comes to, and how deep they nest.
        let mut sizes = vec![(1_u64, 1_u32); nodes.len()];
        let mut open: Vec<usize> = Vec::new();
        let add =
            |sizes: &mut Vec<(u64, u32)>, parent: Option<&usize>, (size, depth): (u64, u32)| {
                let Some(parent) = parent.and_then(|parent| sizes.get_mut(*parent)) else {
                    return (0, 0);
                };
                parent.0 = parent.0.saturating_add(size);
                parent.1 = parent.1.max(depth + 1);
                *parent
            };
        for at in 0..=nodes.len() {
            while let Some(&top) = open.last() {
                if at < nodes.get(top).map_or(0, |node| local(node.next)) {
                    break;
                }
                open.pop();
                let size = sizes.get(top).copied().unwrap_or((1, 1));
                add(&mut sizes, open.last(), size);
            }
            let Some(node) = nodes.get(at) else { break };
            let size = match node.shape {
                Shape::Sequence | Shape::Mapping => {
                    open.push(at);
                    continue;
                }
                Shape::Alias => sizes
                    .get(local(node.value.start))
                    .copied()
                    .unwrap_or((1, 1)),
                Shape::Scalar => (1, 1),
            };
            let (sum, depth) = add(&mut sizes, open.last(), size);
            if depth > DEPTH_LIMIT {
                return Err(refusal(
                    node.span,
                    "the aliases of the document nest too deeply",
                ));
            }
            if sum > ALIAS_LIMIT.max(nodes.len() as u64 * 2) {
                return Err(refusal(node.span, "document contains excessive aliasing"));
            }
        }
        Ok(())
    }

    /// Decodes in thought, as go-yaml counts: it stops when too many of the nodes so far came from
    /// aliases. The steps are bounded by that rule itself.
    fn check_ratio(&self, nodes: &[Data], first: u32) -> Result<(), SyntaxError> {
        let local = |index: u32| index.saturating_sub(first) as usize;
        // Ranges of nodes that are yet to be decoded, and whether they stand behind an alias.
        let mut left: Vec<(usize, usize, bool)> = vec![(0, nodes.len(), false)];
        let (mut decoded, mut aliased) = (1_u64, 0_u64);
        let mut place = Span::default();
        while let Some((at, end, is_aliased)) = left.pop() {
            let Some(node) = nodes.get(at).filter(|_| at < end) else {
                continue;
            };
            let is_merge = node.merges_here(self.scalar_text(node));
            match node.shape {
                Shape::Alias => {
                    left.push((at + 1, end, is_aliased));
                    let target = local(node.value.start);
                    let next = nodes.get(target).map_or(target, |node| local(node.next));
                    left.push((target, next, true));
                }
                _ => left.push((at + 1, end, is_aliased)),
            }
            if !is_aliased {
                place = node.span;
            }
            if is_merge {
                continue;
            }
            decoded += 1;
            aliased += u64::from(is_aliased);
            if aliased > 100 && decoded > 1000 && exceeds(aliased, decoded) {
                return Err(refusal(place, "document contains excessive aliasing"));
            }
        }
        Ok(())
    }
}

impl Data {
    /// Whether it is a merge key, which is not decoded itself.
    fn merges_here(&self, text: &str) -> bool {
        self.shape == Shape::Scalar && self.style == Style::Plain && text == "<<"
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the counts stay far below the limit of exact floats"
)]
fn exceeds(aliased: u64, decoded: u64) -> bool {
    let (aliased, decoded) = (aliased as f64, decoded as f64);
    let share = (decoded - FREE_UP_TO) / (BOUND_FROM - FREE_UP_TO);
    aliased / decoded > 0.99 - 0.89 * share.clamp(0.0, 1.0)
}

fn refusal(span: Span, message: &str) -> SyntaxError {
    SyntaxError {
        span,
        message: message.to_owned(),
    }
}
