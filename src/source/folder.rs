//! Where boundaries are read from: the folder compiled into the program, or one on disk.

use std::borrow::Cow;
use std::path::PathBuf;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "boundaries"]
#[exclude = "coverages/mended.csv"]
#[exclude = "rules/*"]
#[exclude = "README.md"]
struct Shipped;

/// A folder with a `catalogue.toml`.
#[derive(Clone, Debug)]
pub enum Folder {
    /// The boundaries of the United Kingdom that are part of the program.
    Shipped,
    /// A folder on disk.
    Disk(PathBuf),
    /// A folder on disk whose catalogue extends the shipped one: what it does not have is read from the shipped one.
    Extending(PathBuf),
}

/// A file of the folder could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// There is no such file.
    #[error("there is no file {file} in {folder}")]
    Missing {
        /// Path relative to the folder.
        file: String,
        /// The folder.
        folder: String,
    },
    /// The file is there but cannot be read.
    #[error("cannot read {file}: {source}")]
    Read {
        /// Path relative to the folder.
        file: String,
        /// Why.
        source: std::io::Error,
    },
}

impl Folder {
    /// The whole of a file.
    pub fn read(&self, file: &str) -> Result<Cow<'static, [u8]>, FolderError> {
        match self {
            Folder::Shipped => Shipped::get(file).map(|f| f.data).ok_or_else(|| self.missing(file)),
            Folder::Disk(folder) => match std::fs::read(folder.join(file)) {
                Ok(bytes) => Ok(Cow::Owned(bytes)),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(self.missing(file)),
                Err(source) => Err(FolderError::Read { file: file.to_owned(), source }),
            },
            Folder::Extending(folder) => match Folder::Disk(folder.clone()).read(file) {
                Err(FolderError::Missing { .. }) => {
                    Folder::Shipped.read(file).map_err(|_| self.missing(file))
                }
                read => read,
            },
        }
    }

    /// The names of the files in a directory of the folder, in order; none when there is no such directory.
    pub fn list(&self, dir: &str) -> Vec<String> {
        match self {
            Folder::Shipped => {
                let inside = format!("{dir}/");
                let names = Shipped::iter().filter_map(|file| file.strip_prefix(&inside).map(str::to_owned));
                names.filter(|name| !name.contains('/')).collect()
            }
            Folder::Disk(folder) | Folder::Extending(folder) => {
                let entries = std::fs::read_dir(folder.join(dir)).into_iter().flatten().flatten();
                let mut names: Vec<String> =
                    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
                names.sort();
                names
            }
        }
    }

    fn missing(&self, file: &str) -> FolderError {
        FolderError::Missing { file: file.to_owned(), folder: self.to_string() }
    }
}

impl From<Option<PathBuf>> for Folder {
    fn from(dir: Option<PathBuf>) -> Self {
        dir.map_or(Folder::Shipped, Folder::Disk)
    }
}

impl std::fmt::Display for Folder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Folder::Shipped => f.write_str("the shipped boundaries"),
            Folder::Disk(path) | Folder::Extending(path) => write!(f, "{}", path.display()),
        }
    }
}
