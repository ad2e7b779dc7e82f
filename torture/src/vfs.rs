//! SQLite on a [`Disk`]: its interface to the operating system (a VFS), so that the real engine, with its real
//! write-ahead log and checkpoints, writes to a disk whose power fails.
//!
//! Each thread has a disk of its own. Once installed it is SQLite's default in this process.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::Once;

use rusqlite::ffi;

use crate::disk::{Disk, Off};

thread_local! {
    static DISK: RefCell<Disk> = RefCell::new(Disk::new(0));
}

/// Puts another disk into this thread's machine; gives the one before.
pub fn insert(disk: Disk) -> Disk {
    install();
    DISK.replace(disk)
}

/// This thread's disk.
pub fn with<T>(work: impl FnOnce(&mut Disk) -> T) -> T {
    DISK.with_borrow_mut(work)
}

/// An open file, as SQLite holds it: it gives so many bytes for it, the methods first.
#[repr(C)]
struct Handle {
    base: ffi::sqlite3_file,
    name: *mut String,
    /// The next sync is also of the folder: as SQLite's own VFS for Unix has it, the first one of a log or journal.
    sync_names: bool,
}

fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // No pointer of these is to anything that ends.
        let vfs = Box::leak(Box::new(ffi::sqlite3_vfs {
            iVersion: 1,
            szOsFile: size_of::<Handle>() as c_int,
            mxPathname: 512,
            pNext: std::ptr::null_mut(),
            zName: c"powercut".as_ptr(),
            pAppData: std::ptr::null_mut(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_path_name),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(current_time),
            xGetLastError: None,
            xCurrentTimeInt64: None,
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        }));
        // SAFETY: the structure is complete for version 1 and lives for ever.
        let done = unsafe { ffi::sqlite3_vfs_register(vfs, 1) };
        assert_eq!(done, ffi::SQLITE_OK, "SQLite takes no VFS");
    });
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(lock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

fn code(done: Result<(), Off>, failed: c_int) -> c_int {
    if done.is_ok() { ffi::SQLITE_OK } else { failed }
}

// SAFETY of all below: SQLite calls each with the arguments that its documentation promises: names that end in zero,
// buffers of the lengths given, and handles that `open` filled and `close` did not yet end.

unsafe fn name_of<'a>(file: *mut ffi::sqlite3_file) -> &'a str {
    unsafe { &*(*file.cast::<Handle>()).name }
}

unsafe fn text<'a>(name: *const c_char) -> &'a str {
    unsafe { CStr::from_ptr(name) }.to_str().unwrap_or("not UTF-8")
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_given: *mut c_int,
) -> c_int {
    let handle = file.cast::<Handle>();
    unsafe { (*handle).base.pMethods = std::ptr::null() };
    let name = if name.is_null() { "temporary" } else { unsafe { text(name) } };
    if flags & ffi::SQLITE_OPEN_CREATE == 0 && !with(|disk| disk.exists(name)) {
        return ffi::SQLITE_CANTOPEN;
    }
    if with(|disk| disk.create(name)).is_err() {
        return ffi::SQLITE_IOERR;
    }
    unsafe {
        (*handle).name = Box::into_raw(Box::new(name.to_owned()));
        (*handle).sync_names = flags & (ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL) != 0;
        (*handle).base.pMethods = &METHODS;
        if !flags_given.is_null() {
            *flags_given = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    drop(unsafe { Box::from_raw((*file.cast::<Handle>()).name) });
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    into: *mut c_void,
    count: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    let into = unsafe { std::slice::from_raw_parts_mut(into.cast::<u8>(), count as usize) };
    match with(|disk| disk.read(unsafe { name_of(file) }, at as usize, into)) {
        Err(Off) => ffi::SQLITE_IOERR_READ,
        Ok(read) if read == into.len() => ffi::SQLITE_OK,
        Ok(read) => {
            into[read..].fill(0);
            ffi::SQLITE_IOERR_SHORT_READ
        }
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    count: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), count as usize) };
    code(with(|disk| disk.write(unsafe { name_of(file) }, at as usize, bytes)), ffi::SQLITE_IOERR_WRITE)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: ffi::sqlite3_int64) -> c_int {
    code(with(|disk| disk.resize(unsafe { name_of(file) }, length as usize)), ffi::SQLITE_IOERR_TRUNCATE)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    let and_names = unsafe { std::mem::take(&mut (*file.cast::<Handle>()).sync_names) };
    code(with(|disk| disk.sync(unsafe { name_of(file) }, and_names)), ffi::SQLITE_IOERR_FSYNC)
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, length: *mut ffi::sqlite3_int64) -> c_int {
    unsafe { *length = with(|disk| disk.length(name_of(file))) as i64 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(_: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(_: *mut ffi::sqlite3_file, locked: *mut c_int) -> c_int {
    unsafe { *locked = 0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    4096
}

/// What SQLite assumes of a disk on Unix, and no more: bytes beside a write do not change.
unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    let name = unsafe { text(name) };
    if !with(|disk| disk.exists(name)) {
        return ffi::SQLITE_IOERR_DELETE_NOENT;
    }
    code(with(|disk| disk.remove(name, sync != 0)), ffi::SQLITE_IOERR_DELETE)
}

unsafe extern "C" fn access(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    _: c_int,
    there: *mut c_int,
) -> c_int {
    unsafe { *there = with(|disk| disk.exists(text(name))).into() };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_path_name(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    length: c_int,
    full: *mut c_char,
) -> c_int {
    let bytes = unsafe { CStr::from_ptr(name) }.to_bytes_with_nul();
    if bytes.len() > length as usize {
        return ffi::SQLITE_CANTOPEN;
    }
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr().cast(), full, bytes.len()) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, count: c_int, into: *mut c_char) -> c_int {
    let into = unsafe { std::slice::from_raw_parts_mut(into.cast::<u8>(), count as usize) };
    // SQLite keeps one generator for the process and seeds it here once: it is no part of what a seed repeats.
    for chunk in into.chunks_mut(8) {
        let bits = with(Disk::randomness).to_ne_bytes();
        chunk.copy_from_slice(&bits[..chunk.len()]);
    }
    count
}

unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    microseconds
}

unsafe extern "C" fn current_time(_: *mut ffi::sqlite3_vfs, days: *mut f64) -> c_int {
    // 2022-10-03, in days as SQLite counts them.
    unsafe { *days = 2_459_855.5 };
    ffi::SQLITE_OK
}
