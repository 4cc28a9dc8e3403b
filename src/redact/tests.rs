//! Tests of the redaction.
