//! How stores behave, where the configuration of DataJoint has no say.

use std::time::Duration;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// How stores behave. The defaults suit a laptop as well as a server near its bucket.
///
/// ```
/// use dj_codec_store::StoreOptions;
///
/// let mut options = StoreOptions::default();
/// options.sync = true;
/// assert_eq!(options.concurrency, 96);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreOptions {
    /// How many requests one store has under way at a time, over all threads. Default: 96, which is what hides
    /// 20 ms of latency behind the reading of many small objects.
    pub concurrency: usize,
    /// How many bytes one store is receiving at a time, over all threads. Default: 256 MiB. One larger
    /// object is still received, alone.
    pub bytes_in_flight: u64,
    /// The size of the parts in which large objects travel to and from object stores. Default: 16 MiB, which
    /// makes objects of up to 160 GB out of parts of equal size; larger ones have larger parts, up to 2 TB.
    /// At least 5 MiB, which is what object stores ask for.
    pub part_bytes: u64,
    /// The largest object that [`get`](dj_codec_api::Store::get) hands out. Default: 64 GiB.
    pub max_object_bytes: u64,
    /// Whether folders flush every object to the disk before they show it. Default: false. See
    /// [`FileStore`](crate::FileStore) for what that means.
    pub sync: bool,
    /// How often a request to an object store is repeated after a failure that may pass. Default: 5.
    pub retries: usize,
    /// How long connecting to an object store may take. Default: 10 s.
    pub connect_timeout: Duration,
    /// How long an object store may be silent. Default: 60 s.
    pub read_timeout: Duration,
    /// How long one request may take, which is about one part. Default: 5 min.
    pub request_timeout: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            concurrency: 96,
            bytes_in_flight: 256 * MIB,
            part_bytes: 16 * MIB,
            max_object_bytes: 64 * GIB,
            sync: false,
            retries: 5,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(60),
            request_timeout: Duration::from_secs(300),
        }
    }
}
