//! Parts a document into paragraphs.
