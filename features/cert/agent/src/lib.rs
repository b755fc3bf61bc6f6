//! Makes cert so on the host: observe, plan, apply.
