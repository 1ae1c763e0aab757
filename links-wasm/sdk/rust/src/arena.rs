//! Memory without growing: the first megabytes are part of the component, so a usual call never
//! asks for more.
//!
//! A fresh instance serves each call. Growing its memory changes page protections, which interrupts
//! the other cores of the machine. Beyond the arena, memory grows as usual. Freed memory is used
//! again in both.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use dlmalloc::{Allocator, Dlmalloc};

/// Size of the arena: 2 MiB, enough to read and write a document of some hundred kilobytes as a
/// whole. Pages that are not touched cost nothing.
const ARENA_BYTES: usize = 2 << 20;

#[repr(C, align(65536))]
struct Arena(UnsafeCell<[u8; ARENA_BYTES]>);

// SAFETY: a component has one thread.
unsafe impl Sync for Arena {}

static ARENA: Arena = Arena(UnsafeCell::new([0; ARENA_BYTES]));

/// Hands out the arena in pieces, then pages of the instance's memory.
struct Source {
    used: UnsafeCell<usize>,
}

impl Source {
    fn next_of_arena(&self, size: usize) -> Option<*mut u8> {
        // SAFETY: one thread, and no reference outlives this function.
        let used = unsafe { &mut *self.used.get() };
        let end = used.checked_add(size).filter(|end| *end <= ARENA_BYTES)?;
        let start = ARENA.0.get().cast::<u8>().wrapping_add(*used);
        *used = end;
        Some(start)
    }
}

// SAFETY: every piece is handed out once and never taken back.
unsafe impl Allocator for Source {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        if let Some(start) = self.next_of_arena(size) {
            return (start, size, 0);
        }
        let page = self.page_size();
        let pages = size.div_ceil(page);
        match core::arch::wasm32::memory_grow(0, pages) {
            usize::MAX => (core::ptr::null_mut(), 0, 0),
            first => (core::ptr::without_provenance_mut(first * page), pages * page, 0),
        }
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        core::ptr::null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        64 * 1024
    }
}

struct Global(UnsafeCell<Dlmalloc<Source>>);

// SAFETY: a component has one thread.
unsafe impl Sync for Global {}

#[global_allocator]
static GLOBAL: Global = Global(UnsafeCell::new(Dlmalloc::new_with_allocator(Source {
    used: UnsafeCell::new(0),
})));

// SAFETY: passes everything on to dlmalloc, which keeps the contract. There is one thread, so no
// two calls at once.
unsafe impl GlobalAlloc for Global {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { (*self.0.get()).malloc(layout.size(), layout.align()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        unsafe { (*self.0.get()).calloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        unsafe { (*self.0.get()).free(start, layout.size(), layout.align()) }
    }

    unsafe fn realloc(&self, start: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        unsafe { (*self.0.get()).realloc(start, layout.size(), layout.align(), size) }
    }
}
