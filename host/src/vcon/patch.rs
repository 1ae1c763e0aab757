//! JSON Patch (RFC 6902) on the tree.
//!
//! Guarantee: all operations or none; what the patch does not name keeps its bytes.

use super::apply::{at_parent, fits, nowhere, remove, replace};
use super::diff::same;
use super::json;
use super::pointer::index;
use super::tree::{Key, Node};
use super::view::{Kind, View};
use super::{Document, EditError, Pointer};

/// Applies a patch.
pub(super) fn patch(document: &mut Document, operations: &str) -> Result<(), EditError> {
    json::check(operations).map_err(|error| EditError::BadJson(error.describe(operations)))?;
    let operations = View::Raw(operations.trim_ascii());
    if operations.kind() != Kind::Array {
        return Err(EditError::BadJson("a JSON Patch is an array of operations".to_owned()));
    }
    let mut next = document.clone();
    for (position, operation) in operations.elements().into_iter().enumerate() {
        let operation = Operation { view: operation, position };
        operation.apply(&mut next)?;
    }
    *document = next;
    Ok(())
}

/// One operation, and where in the patch it stands.
struct Operation<'a> {
    view: View<'a>,
    position: usize,
}

impl Operation<'_> {
    fn bad(&self, what: &str) -> EditError {
        EditError::BadJson(format!("operation {}: {what}", self.position))
    }

    fn pointer(&self, name: &str) -> Result<Pointer, EditError> {
        let text = self.view.member(name).and_then(View::string);
        let text = text.ok_or_else(|| self.bad(&format!("`{name}` has to be a JSON Pointer")))?;
        Pointer::parse(&text).map_err(EditError::BadPointer)
    }

    fn value(&self) -> Result<View<'_>, EditError> {
        self.view.member("value").ok_or_else(|| self.bad("`value` is missing"))
    }

    fn apply(&self, document: &mut Document) -> Result<(), EditError> {
        let kind = self.view.member("op").and_then(View::string).unwrap_or_default();
        let path = self.pointer("path")?;
        match &*kind {
            "add" => add(document, &path, &self.value()?.text()),
            "remove" => take(document, &path).map(drop),
            "replace" => self.replace(document, &path),
            "move" => self.relocate(document, &path),
            "copy" => {
                let value = read(document, &self.pointer("from")?)?;
                add(document, &path, &value)
            }
            "test" => self.test(document, &path),
            _ => Err(self.bad("`op` has to be add, remove, replace, move, copy or test")),
        }
    }

    fn replace(&self, document: &mut Document, path: &Pointer) -> Result<(), EditError> {
        let value = self.value()?.text();
        if path.as_str().is_empty() {
            return replace(document, &value);
        }
        let levels = json::check(&value).map_err(|error| self.bad(&error.describe(&value)))?;
        fits(path, levels)?;
        let (root, base) = document.change();
        let put = |place: &mut Node| {
            *place = Node::raw(&*value);
            Ok(())
        };
        root.edit_at(base, &path.tokens(), put)?.ok_or_else(|| nowhere(path))
    }

    fn relocate(&self, document: &mut Document, path: &Pointer) -> Result<(), EditError> {
        let from = self.pointer("from")?;
        if from == *path {
            return read(document, path).map(drop);
        }
        let below = path.as_str().strip_prefix(from.as_str()).is_some_and(|rest| rest.starts_with('/'));
        if below {
            return Err(EditError::BadPointer(format!("{from} can't be moved into itself")));
        }
        let value = read(document, &from)?;
        take(document, &from)?;
        add(document, path, &value)
    }

    fn test(&self, document: &Document, path: &Pointer) -> Result<(), EditError> {
        let found = document.view().walk(&path.tokens()).ok_or_else(|| nowhere(path))?;
        if same(found, self.value()?) {
            return Ok(());
        }
        Err(self.bad(&format!("the test of {:?} found another value", path.as_str())))
    }
}

fn read(document: &Document, from: &Pointer) -> Result<String, EditError> {
    let found = document.view().walk(&from.tokens()).ok_or_else(|| nowhere(from))?;
    Ok(found.text().into_owned())
}

fn take(document: &mut Document, path: &Pointer) -> Result<Node, EditError> {
    let (root, base) = document.change();
    remove(root, base, path)?.ok_or_else(|| nowhere(path))
}

fn add(document: &mut Document, path: &Pointer, value: &str) -> Result<(), EditError> {
    if path.as_str().is_empty() {
        return replace(document, value);
    }
    let levels = json::check(value).map_err(|error| EditError::BadJson(error.describe(value)))?;
    fits(path, levels)?;
    let value = Node::raw(value);
    let (root, base) = document.change();
    at_parent(root, base, path, |parent, token| {
        if let Some(object) = parent.object_mut(base) {
            object.set(Key::of(token), value, base);
            return Ok(());
        }
        let array = parent.array_mut(base).ok_or_else(|| nowhere(path))?;
        let length = array.elements().len();
        let at = if token == "-" { Some(length) } else { index(token) };
        let at = at.filter(|&at| at <= length).ok_or_else(|| nowhere(path))?;
        array.change().insert(at, value);
        Ok(())
    })
}
