//! One target for a while, in a process of its own: an input that ends it is found in the file that it wrote before.

use std::collections::BTreeMap;
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
use super::present::Present;

/// An input that takes longer is a find.
const HANGS_AFTER: Duration = Duration::from_secs(10);
/// Panics at so many places are kept; then the run ends.
const FINDS_MAX: usize = 20;
/// After so many inputs, code that no input reached before is looked at.
const SWEEP_AFTER: usize = 32;

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

/// Where a find is kept.
pub fn find_file(folder: &Path, target: &str, input: &[u8]) -> PathBuf {
    folder.join(format!("{target}--{}", &sha256(&[input]).to_string()[..12]))
}

static TRIED: AtomicU64 = AtomicU64::new(0);
static PANICKED_AT: Mutex<String> = Mutex::new(String::new());

struct Engine<'a> {
    target: &'a Target,
    plan: &'a Plan,
    present: Present,
    seen: Seen,
    corpus: Vec<Vec<u8>>,
    /// What was tried since the last sweep.
    unswept: Vec<Vec<u8>>,
    unswept_count: usize,
    finds: BTreeMap<String, PathBuf>,
}

/// Runs a target as planned.
pub fn run(target: &Target, plan: &Plan) -> Result<Outcome> {
    if edges() == 0 {
        bail!("this build counts no edges; run `cargo xtask fuzz`, which builds one that does");
    }
    std::fs::create_dir_all(&plan.folder)?;
    quiet_panics();
    watch_for_hangs();
    let mut first = (target.seeds)();
    first.extend(kept::read(target.name)?);
    first.extend(kept::past(target.name)?.into_iter().map(|(_, input)| input));
    let longest = first.iter().map(Vec::len).max().unwrap_or(0).max(target.bytes_max);
    let mut engine = Engine {
        target,
        plan,
        present: Present::create(&plan.folder, target.name, longest)?,
        seen: Seen::new(),
        corpus: Vec::new(),
        unswept: vec![Vec::new(); SWEEP_AFTER],
        unswept_count: 0,
        finds: BTreeMap::new(),
    };
    let mut random = Random::new(plan.seed);
    let started_s = processor_s();
    // What making the seeds went through counts for nobody.
    engine.seen.sweep();
    for input in &first {
        engine.attempt(input)?;
        engine.sweep();
    }
    if engine.corpus.is_empty() {
        engine.corpus.push(Vec::new());
    }
    let mut input = Vec::new();
    while !TRIED.load(Ordering::Relaxed).is_multiple_of(64) || processor_s() - started_s < plan.seconds {
        let corpus = &engine.corpus;
        // Every other time one of the newest: what was found last leads on most often.
        let newest = corpus.len() - corpus.len().div_ceil(4);
        let index = if random.below(2) == 0 {
            newest + random.below(corpus.len() - newest)
        } else {
            random.below(corpus.len())
        };
        input.clone_from(&corpus[index]);
        let other = &corpus[random.below(corpus.len())];
        mutate(&mut input, other, target.words, target.bytes_max, &mut random);
        engine.attempt(&input)?;
        if engine.finds.len() >= engine.finds_max() {
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
    fn finds_max(&self) -> usize {
        if self.target.name == fuzz::targets::self_check::target().name { 1 } else { FINDS_MAX }
    }

    /// Tries one input; keeps it where it reaches something new.
    fn attempt(&mut self, input: &[u8]) -> Result<()> {
        self.present.leave(input);
        TRIED.fetch_add(1, Ordering::Relaxed);
        if !self.reaches(input) {
            self.find(input)?;
        }
        let unswept = &mut self.unswept[self.unswept_count];
        unswept.clear();
        unswept.extend_from_slice(input);
        self.unswept_count += 1;
        if self.unswept_count == SWEEP_AFTER {
            self.sweep();
        }
        Ok(())
    }

    /// Whether an input passes; keeps it where it reaches something new.
    fn reaches(&mut self, input: &[u8]) -> bool {
        let passed = catch_unwind(AssertUnwindSafe(|| (self.target.attempt)(input))).is_ok();
        if self.seen.take() && passed {
            self.corpus.push(input.to_vec());
        }
        passed
    }

    /// Where code was reached for the first time, finds out by which input.
    fn sweep(&mut self) {
        let count = std::mem::take(&mut self.unswept_count);
        if self.seen.sweep() {
            let unswept = std::mem::take(&mut self.unswept);
            for tried in &unswept[..count] {
                self.reaches(tried);
            }
            self.unswept = unswept;
        }
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

    /// The least of the corpus that reaches all that it reaches: small inputs first, beside the seeds, which are made
    /// anew each time.
    fn least(&mut self) -> Vec<Vec<u8>> {
        let seeds = (self.target.seeds)();
        let mut inputs = std::mem::take(&mut self.corpus);
        inputs.sort_by_key(Vec::len);
        self.seen.sweep();
        self.seen.take();
        self.seen.forget();
        seeds.iter().for_each(|seed| {
            self.reaches(seed);
        });
        self.corpus.clear();
        inputs.iter().for_each(|input| {
            self.reaches(input);
        });
        std::mem::take(&mut self.corpus)
    }
}

/// Notes where a panic was, and says nothing: there may be millions. One find for each place and message, whatever
/// numbers it holds.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let payload = panic.payload();
        let said =
            payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied());
        let said = said.unwrap_or_default().lines().next().unwrap_or_default();
        let said: String = said.chars().filter(|letter| !letter.is_ascii_digit()).take(60).collect();
        if let Ok(mut at) = PANICKED_AT.lock() {
            *at = format!("{place}: {said}");
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
