//! One target for a while, in a process of its own: an input that ends it is found in the file that it wrote before.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use exchange::sha256;
use fuzz::{Target, kept};

use super::coverage::{Seen, edges};
use super::mutate::{Random, mutate};

/// An input that takes longer is a find.
const HANGS_AFTER: Duration = Duration::from_secs(10);
/// Panics at so many places are kept; then the run ends.
const FINDS_MAX: usize = 20;

/// How a run is made.
pub struct Plan {
    /// Processor time, seconds.
    pub seconds: f64,
    /// The seed of all choices.
    pub seed: u64,
    /// Where finds and the present input are kept.
    pub folder: PathBuf,
    /// Whether to keep what reached new code in the repository, the least of it that reaches all.
    pub keep: bool,
}

/// What came of it.
pub struct Outcome {
    /// Inputs tried.
    pub inputs: u64,
    /// Processor time, seconds.
    pub seconds: f64,
    /// Inputs in the corpus at the end.
    pub corpus: usize,
    /// Edges reached.
    pub edges: usize,
    /// Files of finds.
    pub finds: Vec<PathBuf>,
}

/// Processor time of this process, seconds.
fn processor_s() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// The file in which a process leaves the input that it tries.
pub fn present_input(folder: &Path, target: &str) -> PathBuf {
    folder.join(format!("{target}.present"))
}

/// The input in such a file.
pub fn read_present(file: &Path) -> Result<Vec<u8>> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let (length, rest) = bytes.split_first_chunk::<4>().context("the file is too short")?;
    Ok(rest[..(u32::from_le_bytes(*length) as usize).min(rest.len())].to_vec())
}

/// Where a find is kept.
pub fn find_file(folder: &Path, target: &str, input: &[u8]) -> PathBuf {
    folder.join(format!("{target}--{}", &sha256(&[input]).to_string()[..12]))
}

static TRIED: AtomicU64 = AtomicU64::new(0);
static PANICKED_AT: Mutex<String> = Mutex::new(String::new());

struct Engine<'a> {
    target: &'a Target,
    plan: &'a Plan,
    present: File,
    buffer: Vec<u8>,
    seen: Seen,
    corpus: Vec<Vec<u8>>,
    finds: BTreeMap<String, PathBuf>,
}

/// Runs a target as planned.
pub fn run(target: &Target, plan: &Plan) -> Result<Outcome> {
    if edges() == 0 {
        bail!("this build counts no edges; run `cargo xtask fuzz`, which builds one that does");
    }
    std::fs::create_dir_all(&plan.folder)?;
    let present = File::create(present_input(&plan.folder, target.name))?;
    quiet_panics();
    watch_for_hangs();
    let mut engine = Engine {
        target,
        plan,
        present,
        buffer: Vec::new(),
        seen: Seen::new(),
        corpus: Vec::new(),
        finds: BTreeMap::new(),
    };
    let mut random = Random::new(plan.seed);
    let mut first = (target.seeds)();
    first.extend(kept::read(target.name)?);
    first.extend(kept::past(target.name)?.into_iter().map(|(_, input)| input));
    let started_s = processor_s();
    // What making the seeds went through counts for nobody.
    engine.seen.take(false, |_, _| {});
    engine.seen = Seen::new();
    for input in &first {
        engine.attempt(input)?;
    }
    if engine.corpus.is_empty() {
        engine.corpus.push(Vec::new());
    }
    let mut input = Vec::new();
    while !TRIED.load(Ordering::Relaxed).is_multiple_of(64) || processor_s() - started_s < plan.seconds {
        let corpus = &engine.corpus;
        // Every other time one of the newest: what was found last leads on most often.
        let newest = corpus.len() - corpus.len().div_ceil(4);
        let index =
            if random.below(2) == 0 { newest + random.below(corpus.len() - newest) } else { random.below(corpus.len()) };
        input.clone_from(&corpus[index]);
        let other = &corpus[random.below(corpus.len())];
        mutate(&mut input, other, target.words, target.bytes_max, &mut random);
        engine.attempt(&input)?;
        if engine.finds.len() >= FINDS_MAX {
            break;
        }
    }
    let seconds = processor_s() - started_s;
    let (inputs, reached) = (TRIED.load(Ordering::Relaxed), engine.seen.edges());
    let corpus = engine.corpus.len();
    if plan.keep {
        let least = engine.least();
        kept::write(target.name, &least)?;
    }
    Ok(Outcome { inputs, seconds, corpus, edges: reached, finds: engine.finds.into_values().collect() })
}

impl Engine<'_> {
    /// Tries one input; keeps it where it reaches something new.
    fn attempt(&mut self, input: &[u8]) -> Result<()> {
        self.buffer.clear();
        self.buffer.extend((input.len() as u32).to_le_bytes());
        self.buffer.extend(input);
        self.present.write_all_at(&self.buffer, 0)?;
        let passed = catch_unwind(AssertUnwindSafe(|| (self.target.attempt)(input))).is_ok();
        TRIED.fetch_add(1, Ordering::Relaxed);
        let mut new = false;
        self.seen.take(false, |_, _| new = true);
        if !passed {
            self.find(input)?;
        } else if new {
            self.corpus.push(input.to_vec());
        }
        Ok(())
    }

    /// Keeps one input for each place that panics.
    fn find(&mut self, input: &[u8]) -> Result<()> {
        let at = PANICKED_AT.lock().map(|at| at.clone()).unwrap_or_default();
        if !self.finds.contains_key(&at) {
            let file = find_file(&self.plan.folder, self.target.name, input);
            std::fs::write(&file, input).with_context(|| file.display().to_string())?;
            println!("FOUND {}: {at}\n  {}", self.target.name, file.display());
            self.finds.insert(at, file);
        }
        Ok(())
    }

    /// The least of the corpus that reaches all that it reaches: small inputs first. Seeds are made anew each time.
    fn least(&mut self) -> Vec<Vec<u8>> {
        let mut inputs = std::mem::take(&mut self.corpus);
        inputs.sort_by_key(Vec::len);
        let mut reached = BTreeSet::new();
        let mut least = Vec::new();
        let mut all = Seen::new();
        let seeds = (self.target.seeds)();
        let first = seeds.len();
        all.take(true, |_, _| {});
        for (index, input) in seeds.into_iter().chain(inputs).enumerate() {
            let _ = catch_unwind(AssertUnwindSafe(|| (self.target.attempt)(&input)));
            let mut new = false;
            all.take(true, |edge, bit| new |= reached.insert((edge, bit)));
            if new && index >= first {
                least.push(input);
            }
        }
        least
    }
}

/// Notes where a panic was, and says nothing: there may be millions.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let said = panic.payload_as_str().unwrap_or_default();
        if let Ok(mut at) = PANICKED_AT.lock() {
            *at = format!("{place}: {}", said.lines().next().unwrap_or_default());
            // One find for each place, whatever numbers the message holds.
            if let Some((place, _)) = at.clone().split_once(": ") {
                let said: String = at[place.len()..].chars().filter(|letter| !letter.is_ascii_digit()).take(60).collect();
                *at = format!("{place}{said}");
            }
        }
    }));
}

/// Ends the process where one input takes too long: whoever started it keeps the input.
fn watch_for_hangs() {
    std::thread::spawn(|| {
        let mut before = u64::MAX;
        loop {
            std::thread::sleep(HANGS_AFTER);
            let tried = TRIED.load(Ordering::Relaxed);
            if tried == before {
                eprintln!("an input takes longer than {HANGS_AFTER:?}");
                std::process::abort();
            }
            before = tried;
        }
    });
}
