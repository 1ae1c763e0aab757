//! Lays text out as nodes.
//!
//! Guarantee: one pass; what is laid out takes a bounded amount of memory beside the text.

use std::sync::Arc;

use super::parts::{Array, Key, Member, Object, Slice};
use super::{NODE_BUDGET, Node};
use crate::Text;
use crate::scan::{Scan, Scanner, Span};

impl Node {
    /// Reads the value at the scanner's position and lays out some levels of it.
    pub(crate) fn read(scanner: &mut Scanner<'_>, levels: usize) -> Scan<Self> {
        let mut builder = Builder {
            owner: None,
            budget: NODE_BUDGET,
        };
        builder.node(scanner, levels, 0)
    }

    /// Lays out one level, if there is any. What is written stays the same.
    pub(super) fn expand(&mut self, base: &str) {
        let (text, owner, shift) = match self {
            Self::Raw(slice) => (slice.text(base), slice.owner.clone(), slice.start),
            Self::Fixed(text) => (*text, Some(Text::from(*text)), 0),
            _ => return,
        };
        if !text.starts_with(['{', '[']) {
            return;
        }
        let mut builder = Builder {
            owner,
            budget: usize::MAX,
        };
        let mut scanner = Scanner::again(text);
        if let Ok(mut node) = builder.node(&mut scanner, 1, 0) {
            node.shift(shift);
            *self = node;
        }
    }

    /// Moves offsets that count from the start of a slice to where that slice starts.
    fn shift(&mut self, by: u32) {
        let moved = |slice: &mut Slice| {
            slice.start += by;
            slice.end += by;
        };
        match self {
            Self::Raw(slice) => moved(slice),
            Self::Fixed(_) => {}
            Self::Object(object) => {
                let object = Arc::make_mut(object);
                object.origin.iter_mut().for_each(moved);
                for member in &mut object.members {
                    if let Key::Written(slice) = &mut member.key {
                        moved(slice);
                    }
                    member.value.shift(by);
                }
            }
            Self::Array(array) => {
                let array = Arc::make_mut(array);
                array.origin.iter_mut().for_each(moved);
                array.elements.iter_mut().for_each(|element| element.shift(by));
            }
        }
    }
}

/// Reads nodes from a scanner.
struct Builder {
    owner: Option<Text>,
    budget: usize,
}

impl Builder {
    fn node(&mut self, scanner: &mut Scanner<'_>, levels: usize, depth: usize) -> Scan<Node> {
        match scanner.peek() {
            Some(b'{') if levels > 0 => self.object(scanner, levels, depth),
            Some(b'[') if levels > 0 => self.array(scanner, levels, depth),
            _ => scanner.value(depth).map(|span| self.raw(span)),
        }
    }

    fn raw(&self, span: Span) -> Node {
        Node::Raw(Slice::new(self.owner.as_ref(), span))
    }

    /// Whether one more node may be laid out; if not, those of its container are let go.
    fn spend<T>(&mut self, container: &mut Option<Vec<T>>) -> bool {
        match self.budget.checked_sub(1) {
            Some(left) => self.budget = left,
            None => *container = None,
        }
        container.is_some()
    }

    fn object(&mut self, scanner: &mut Scanner<'_>, levels: usize, depth: usize) -> Scan<Node> {
        let start = scanner.at();
        let mut members = Some(Vec::new());
        scanner.object(depth, |scanner, name| {
            if !self.spend(&mut members) {
                return scanner.value(depth + 1).map(drop);
            }
            let value = self.node(scanner, levels - 1, depth + 1)?;
            let key = Key::Written(Slice::new(self.owner.as_ref(), name));
            if let Some(members) = &mut members {
                members.push(Member { key, value });
            }
            Ok(())
        })?;
        let origin = Slice::new(
            self.owner.as_ref(),
            Span {
                start,
                end: scanner.at(),
            },
        );
        Ok(match members {
            Some(members) => Node::Object(Arc::new(Object {
                origin: Some(origin),
                members,
            })),
            None => Node::Raw(origin),
        })
    }

    fn array(&mut self, scanner: &mut Scanner<'_>, levels: usize, depth: usize) -> Scan<Node> {
        let start = scanner.at();
        let mut elements = Some(Vec::new());
        scanner.array(depth, |scanner| {
            if !self.spend(&mut elements) {
                return scanner.value(depth + 1).map(drop);
            }
            let element = self.node(scanner, levels - 1, depth + 1)?;
            if let Some(elements) = &mut elements {
                elements.push(element);
            }
            Ok(())
        })?;
        let origin = Slice::new(
            self.owner.as_ref(),
            Span {
                start,
                end: scanner.at(),
            },
        );
        Ok(match elements {
            Some(elements) => Node::Array(Arc::new(Array {
                origin: Some(origin),
                elements,
            })),
            None => Node::Raw(origin),
        })
    }
}
