throw new Error('the newest handler that fits is to be taken');
