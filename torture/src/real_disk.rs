//! A real ext4 file system on a loop device, whose power can be cut: the kernel is told to shut it down without
//! writing anything more, and it is mounted anew, its journal replayed. Needs root, and loop devices.
#![allow(unsafe_code)]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use rustix::ioctl::{Setter, ioctl, opcode};

/// As large as the journals of a round need, bytes; the image is sparse.
const BYTES: u64 = 512 << 20;
// linux/fs/ext4/ext4.h: EXT4_IOC_SHUTDOWN is _IOR('X', 125, __u32), EXT4_GOING_FLAGS_NOLOGFLUSH is 2.
const SHUT_DOWN: rustix::ioctl::Opcode = opcode::read::<u32>(b'X', 125);
const WITHOUT_FLUSHING_THE_LOG: u32 = 2;

/// A mounted file system of its own.
pub struct RealDisk {
    image: PathBuf,
    point: PathBuf,
}

impl RealDisk {
    /// Makes one and mounts it at `point`.
    pub fn make(image: &Path, point: &Path) -> Result<RealDisk> {
        File::create(image)?.set_len(BYTES)?;
        std::fs::create_dir_all(point)?;
        run(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(image))?;
        let disk = RealDisk { image: image.to_owned(), point: point.to_owned() };
        disk.mount()?;
        Ok(disk)
    }

    fn mount(&self) -> Result<()> {
        run(Command::new("mount").args(["-o", "loop"]).arg(&self.image).arg(&self.point))
    }

    /// Cuts the power: from here on nothing is written, whoever tries.
    pub fn cut(&self) -> Result<()> {
        let folder = File::open(&self.point)?;
        // SAFETY: the operation reads one u32 and changes no memory of this process.
        unsafe { ioctl(&folder, Setter::<SHUT_DOWN, u32>::new(WITHOUT_FLUSHING_THE_LOG)) }
            .context("the file system cannot be shut down")
    }

    /// Brings the power back. Nobody may have a file of it open.
    pub fn restore(&self) -> Result<()> {
        run(Command::new("umount").arg(&self.point))?;
        self.mount()
    }
}

impl Drop for RealDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.point).status();
    }
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
