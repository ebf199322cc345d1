-- Messages of which a memory was erased: no block of domain knowledge is written from them again.
CREATE TABLE unlearnt_messages (
    message_id uuid PRIMARY KEY REFERENCES messages ON DELETE CASCADE
);
