//! The folder that a stack keeps its state in, and who owns it.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::StartError;

const PREFIX: &str = "partner-quota-";
const UNCLAIMED: &str = ".partner-quota-new-";
const LOCK: &str = "lock";

/// A folder owned by one running stack.
///
/// Ownership is a file lock, which the operating system lifts however the owner ends. So two stacks never share a
/// folder, and temporary folders of killed stacks can be told from those in use.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    temporary: bool,
    _lock: File,
}

impl Folder {
    /// Takes `data`, making it if needed, or a new temporary folder.
    pub(crate) fn take(data: Option<&Path>) -> Result<Folder, StartError> {
        match data {
            Some(path) => {
                fs::create_dir_all(path).map_err(StartError::io(format!("make the folder {}", path.display())))?;
                let lock = lock(path)?.ok_or_else(|| StartError::FolderInUse { folder: path.to_owned() })?;
                Ok(Folder { path: path.to_owned(), temporary: false, _lock: lock })
            }
            None => Folder::temporary(),
        }
    }

    fn temporary() -> Result<Folder, StartError> {
        let parent = std::env::temp_dir();
        remove_abandoned(&parent);
        // It gets the name that `remove_abandoned` looks for only once it is locked, or a stack starting at the same
        // moment could take it for an abandoned one.
        let unclaimed = tempfile::Builder::new()
            .prefix(UNCLAIMED)
            .tempdir_in(&parent)
            .map_err(StartError::io("make a temporary folder"))?;
        let lock =
            lock(unclaimed.path())?.ok_or_else(|| StartError::FolderInUse { folder: unclaimed.path().to_owned() })?;
        let unclaimed = unclaimed.keep();
        let name = unclaimed.file_name().map(|name| name.to_string_lossy().replace(UNCLAIMED, PREFIX));
        let path = parent.join(name.unwrap_or_default());
        fs::rename(&unclaimed, &path).map_err(StartError::io("name a temporary folder"))?;
        Ok(Folder { path, temporary: true, _lock: lock })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            // The store's last handle may be let go of a moment after its server has ended; on the systems that this
            // runs on, files in use can be removed all the same. What cannot be removed, the next start removes.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// The lock of a folder, or `None` when another process holds it.
fn lock(folder: &Path) -> Result<Option<File>, StartError> {
    let path = folder.join(LOCK);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(StartError::io(format!("open {}", path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(StartError::io(format!("lock {}", path.display()))(error)),
    }
}

/// Removes temporary folders whose stack was killed. Best effort: what is in the way of that is no reason not to start.
fn remove_abandoned(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if is_ours && entry.path().join(LOCK).is_file() && matches!(lock(&entry.path()), Ok(Some(_))) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_owner_at_a_time() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("state");
        let first = Folder::take(Some(&path)).unwrap();
        assert!(matches!(Folder::take(Some(&path)), Err(StartError::FolderInUse { .. })));
        drop(first);
        Folder::take(Some(&path)).unwrap();
        assert!(path.is_dir(), "a folder that the user named is kept");
    }

    #[test]
    fn a_temporary_folder_goes_with_its_owner() {
        let folder = Folder::take(None).unwrap();
        let path = folder.path().to_owned();
        assert!(path.is_dir());
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn abandoned_folders_are_removed_and_used_ones_stay() {
        let parent = tempfile::tempdir().unwrap();
        let abandoned = parent.path().join("partner-quota-abandoned");
        let used = parent.path().join("partner-quota-used");
        for folder in [&abandoned, &used] {
            fs::create_dir(folder).unwrap();
        }
        fs::write(abandoned.join(LOCK), "").unwrap();
        let _held = lock(&used).unwrap().unwrap();
        remove_abandoned(parent.path());
        assert!(!abandoned.exists());
        assert!(used.exists());
    }
}
