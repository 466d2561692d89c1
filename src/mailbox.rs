//! The way up: completions and events wait here, one weak threadsafe call tells JavaScript to take them.
//!
//! Node's raw API is used because the order at the end of an environment matters (a worker thread that is terminated,
//! a test runner's sandbox): our clean-up hook must run before Node closes the threadsafe function, and after it no
//! thread may touch that function again. Hooks run in reverse order of registration, so ours is registered after it.

use std::collections::HashMap;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kafka4_core::cancel::{self, Cancel};
use kafka4_core::ending;
use kafka4_core::error::Error;
use kafka4_core::patience::Patience;
use kafka4_core::runtime::Deadline;
use kafka4_core::wake::Wake;
use napi::bindgen_prelude::*;
use napi::{sys, Env, JsValue};
use napi_derive::napi;

use crate::error::NativeError;

/// The end of a request: its id with an error, or with the result as JSON text (absent: nothing to tell).
#[napi(object)]
pub struct NativeCompletion {
    pub id: u32,
    pub error: Option<NativeError>,
    pub json: Option<String>,
}

/// Shared by everything that has something to say to one JavaScript environment.
pub struct Mailbox {
    completions: Mutex<Vec<NativeCompletion>>,
    /// The function to call; `None` once the environment is going away. The lock is held during the call, which only
    /// queues: so the clean-up hook cannot pull the function away under a caller.
    function: Mutex<Option<Function>>,
    /// A wake-up is on its way: at most one waits in Node's queue, whatever happens meanwhile.
    pending: AtomicBool,
    /// Not the main thread: when this environment ends, the process goes on, and so would its clients.
    worker_thread: bool,
    /// Requests that are not completed, by their ids.
    running: Mutex<HashMap<u32, Request>>,
    /// Run when the environment of a worker thread ends, in reverse order.
    at_end: Mutex<Vec<Box<dyn FnOnce() + Send>>>,
}

/// A request that is not completed.
#[derive(Default)]
struct Request {
    cancel: Cancel,
    /// It has a thread.
    begun: bool,
}

struct Function(sys::napi_threadsafe_function);
// SAFETY: Node's threadsafe functions may be called from any thread.
unsafe impl Send for Function {}

impl Wake for Mailbox {
    fn wake(&self) {
        if self.pending.swap(true, Ordering::AcqRel) {
            return;
        }
        let function = self.function.lock().expect("no panic while waking");
        if let Some(function) = function.as_ref() {
            // SAFETY: the clean-up hook takes the function out, under this lock, before Node destroys it.
            unsafe {
                sys::napi_call_threadsafe_function(
                    function.0,
                    ptr::null_mut(),
                    sys::ThreadsafeFunctionCallMode::nonblocking,
                );
            }
        }
    }
}

impl Mailbox {
    pub fn post(&self, id: u32, result: kafka4_core::error::Result<Option<String>>) {
        let completion = match result {
            Ok(json) => NativeCompletion { id, error: None, json },
            Err(error) => NativeCompletion { id, error: Some(error.into()), json: None },
        };
        self.completions.lock().expect("no panic while posting").push(completion);
        self.wake();
    }

    /// Runs blocking work off the JavaScript thread; its result becomes the completion of `id`. Its waits end soon after
    /// `NativeMailbox.cancel(id)`.
    pub fn answer<F>(self: &Arc<Self>, id: u32, work: F)
    where
        F: FnOnce() -> kafka4_core::error::Result<Option<String>> + Send + 'static,
    {
        kafka4_core::runtime::spawn_blocking(self.request(id, work));
    }

    /// As `answer`, on a thread of its own: a stop must not wait for one of the runtime's, all of which may be waiting for
    /// brokers that are gone.
    pub fn answer_apart<F>(self: &Arc<Self>, id: u32, work: F)
    where
        F: FnOnce() -> kafka4_core::error::Result<Option<String>> + Send + 'static,
    {
        let request = Arc::new(Mutex::new(Some(self.request(id, work))));
        let mine = request.clone();
        let run = move || {
            let request = mine.lock().expect("no panic while taking").take();
            if let Some(request) = request {
                request();
            }
        };
        if std::thread::Builder::new().name("kafka4-stop".into()).spawn(run).is_err() {
            let request = request.lock().expect("no panic while taking").take().expect("it did not run");
            kafka4_core::runtime::spawn_blocking(request);
        }
    }

    fn request<F>(self: &Arc<Self>, id: u32, work: F) -> impl FnOnce() + Send + 'static
    where
        F: FnOnce() -> kafka4_core::error::Result<Option<String>> + Send + 'static,
    {
        let mailbox = self.clone();
        let cancel = Cancel::default();
        let request = Request { cancel: cancel.clone(), begun: false };
        self.running.lock().expect("no panic while starting").insert(id, request);
        move || {
            match mailbox.running.lock().expect("no panic while beginning").get_mut(&id) {
                Some(request) => request.begun = true,
                // Cancelled, and completed, while it waited for a thread.
                None => return,
            }
            let work = std::panic::AssertUnwindSafe(|| cancel.scope(work));
            // A panic in the core is a defect; it must reject the promise instead of leaving it pending for ever.
            let result = std::panic::catch_unwind(work).unwrap_or_else(|_| {
                Err(Error::state("INTERNAL", "kafka4 failed internally; please report this with the log").fatal(true))
            });
            mailbox.running.lock().expect("no panic while ending").remove(&id);
            mailbox.post(id, result);
        }
    }

    /// Registers work for the end of the environment. It must return at once.
    pub fn at_end(&self, work: impl FnOnce() + Send + 'static) {
        self.at_end.lock().expect("no panic while registering").push(Box::new(work));
    }

    fn end(&self) {
        self.function.lock().expect("no panic while ending").take();
        if !self.worker_thread {
            // The process ends. Threads that close clients would race with the C library's own end of things; whoever
            // wants an orderly end calls cleanup().
            ending::begin();
            return;
        }
        let work: Vec<_> = self.at_end.lock().expect("no panic while ending").drain(..).collect();
        for step in work.into_iter().rev() {
            step();
        }
    }
}

/// Of a stop that JavaScript asks for.
pub fn patience(timeout_ms: u32, quiet_ms: u32) -> Patience {
    Patience::new(Deadline::after_ms(timeout_ms.into()), Duration::from_millis(quiet_ms.into()))
}

/// One per JavaScript environment. `onWake` is called on the JavaScript thread when something waits to be taken;
/// `workerThread`: this is not the main thread.
#[napi]
pub struct NativeMailbox {
    pub(crate) inner: Arc<Mailbox>,
}

#[napi]
impl NativeMailbox {
    #[napi(constructor)]
    pub fn new(
        env: Env,
        #[napi(ts_arg_type = "() => void")] on_wake: JsFunction<'_>,
        worker_thread: bool,
    ) -> Result<Self> {
        let inner = Arc::new(Mailbox {
            completions: Mutex::new(Vec::new()),
            function: Mutex::new(None),
            pending: AtomicBool::new(false),
            worker_thread,
            running: Mutex::new(HashMap::new()),
            at_end: Mutex::new(Vec::new()),
        });
        let mut name = ptr::null_mut();
        let mut function = ptr::null_mut();
        // SAFETY: env and the function are live during this call; the context pointer keeps one reference to the
        // mailbox for the threadsafe function (given back by its finalizer) and one for the clean-up hook.
        unsafe {
            let text = c"kafka4";
            check(sys::napi_create_string_utf8(env.raw(), text.as_ptr(), text.count_bytes() as isize, &mut name))?;
            check(sys::napi_create_threadsafe_function(
                env.raw(),
                on_wake.raw(),
                ptr::null_mut(),
                name,
                // One waiting call is enough, see `pending`; two leave room for the one that is just running.
                2,
                1,
                Arc::into_raw(inner.clone()) as *mut c_void,
                Some(release),
                Arc::as_ptr(&inner) as *mut c_void,
                Some(call),
                &mut function,
            ))?;
            // Weak: a mailbox never keeps a process alive; lib/kafka/keep-alive.ts does while work is in flight.
            check(sys::napi_unref_threadsafe_function(env.raw(), function))?;
            *inner.function.lock().expect("new lock") = Some(Function(function));
            check(sys::napi_add_env_cleanup_hook(
                env.raw(),
                Some(environment_ends),
                Arc::into_raw(inner.clone()) as *mut c_void,
            ))?;
        }
        Ok(NativeMailbox { inner })
    }

    /// Nobody waits for the request any more: what it waits for is given up. It still completes, mostly with an error; at
    /// once where it waits for a thread.
    #[napi]
    pub fn cancel(&self, id: u32) {
        let mut running = self.inner.running.lock().expect("no panic while cancelling");
        let Some(request) = running.get(&id) else { return };
        request.cancel.cancel();
        if !request.begun {
            let request = running.remove(&id);
            drop(running);
            let error = request.map(|request| request.cancel.scope(cancel::check)).unwrap_or(Ok(()));
            self.inner.post(id, error.map(|()| None));
        }
    }

    /// Nothing will be waited for any more: gives the wake-up back, without which this object and whatever its callback
    /// refers to can never be collected. Requests must have completed.
    #[napi]
    pub fn close(&self, env: Env) {
        let function = self.inner.function.lock().expect("no panic while closing").take();
        let Some(function) = function else { return };
        let own = Arc::as_ptr(&self.inner) as *mut c_void;
        // SAFETY: on the JavaScript thread, as every method. Node has the function until `release`, and nobody else has it any
        // more. Once the hook is removed its reference, made by `new`, is ours to drop.
        unsafe {
            sys::napi_release_threadsafe_function(function.0, sys::ThreadsafeFunctionReleaseMode::release);
            if sys::napi_remove_env_cleanup_hook(env.raw(), Some(environment_ends), own) == sys::Status::napi_ok {
                drop(Arc::from_raw(own as *const Mailbox));
            }
        }
    }

    /// Everything that was completed since the last call.
    #[napi]
    pub fn take(&self) -> Vec<NativeCompletion> {
        std::mem::take(&mut *self.inner.completions.lock().expect("no panic while taking"))
    }
}

type JsFunction<'a> = napi::bindgen_prelude::Function<'a, (), ()>;

fn check(status: sys::napi_status) -> Result<()> {
    if status == sys::Status::napi_ok {
        return Ok(());
    }
    Err(napi::Error::new(Status::from(status), "the wake-up of kafka4 cannot be installed"))
}

/// Runs on the JavaScript thread. `env` is null when the environment is already going away.
///
/// # Safety
/// Called by Node only, with the mailbox of `new` as context: the function's own reference to it is given back by
/// `release`, which comes after the last call.
unsafe extern "C" fn call(env: sys::napi_env, function: sys::napi_value, context: *mut c_void, _data: *mut c_void) {
    if env.is_null() || function.is_null() {
        return;
    }
    let mailbox = &*(context as *const Mailbox);
    // Before the call: what arrives while JavaScript takes must raise a new wake-up.
    mailbox.pending.store(false, Ordering::Release);
    let mut this = ptr::null_mut();
    let mut result = ptr::null_mut();
    sys::napi_get_undefined(env, &mut this);
    // An exception of the callback stays pending and becomes an uncaughtException, as for any other callback of Node.
    sys::napi_call_function(env, this, function, 0, ptr::null(), &mut result);
}

// SAFETY: Node calls it once, when nobody calls the function any more, with the reference that `new` made for it.
unsafe extern "C" fn release(_env: sys::napi_env, data: *mut c_void, _hint: *mut c_void) {
    drop(Arc::from_raw(data as *const Mailbox));
}

// SAFETY: Node calls it once, with the reference that `new` made for it.
unsafe extern "C" fn environment_ends(data: *mut c_void) {
    let mailbox = Arc::from_raw(data as *const Mailbox);
    mailbox.end();
}
