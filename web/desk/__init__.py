"""The consultation desk (参考咨询): from a reader's question to a signed reply with quoted, located, cited evidence."""
